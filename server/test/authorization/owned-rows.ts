import { sql } from 'kysely'
import type { Database } from '../../src/database/open.ts'
import type { Person } from './cast.ts'

/** Kept beside the requests, also by those that only look. */
const volatile = new Set(['last_active_at', 'last_used_at'])

/** The tables that hold something of somebody. */
export async function listTables(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables()
  return tables.map(({ name }) => name).filter((name) => !name.startsWith('task_search'))
}

/** All rows of the tables that name the person, the space or the address, as text by table. */
export async function ownedRows(
  db: Database,
  tables: readonly string[],
  { id, spaceId, email }: Pick<Person, 'id' | 'spaceId' | 'email'>,
): Promise<Record<string, string[]>> {
  const owned: Record<string, string[]> = {}
  for (const name of tables) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)
    owned[name] = rows
      .map((row) => JSON.stringify(row, (column, value: unknown) => (volatile.has(column) ? undefined : value)))
      .filter((row) => [id, spaceId, email].some((mark) => row.includes(mark)))
      // Strangers may fail to sign in, and the owner is told so.
      .filter((row) => !row.includes('"sign_in_failed"'))
      .toSorted()
  }
  return owned
}
