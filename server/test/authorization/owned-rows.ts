import { sql } from 'kysely'
import type { Database } from '../../src/database/open.ts'
import type { Person } from './cast.ts'

/** Kept beside the requests, also by those that only look. */
const volatile = new Set(['last_active_at', 'last_used_at'])

/** All rows of all tables that name the person, the space or the address, as text by table. */
export async function ownedRows(db: Database, { id, spaceId, email }: Person): Promise<Record<string, string[]>> {
  const owned: Record<string, string[]> = {}
  for (const { name } of await db.introspection.getTables()) {
    if (name.startsWith('task_search')) continue
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
