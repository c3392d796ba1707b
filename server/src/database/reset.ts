import { sql } from 'kysely'
import { serverLock } from './server-lock.ts'
import { type Database, databaseKind } from './open.ts'
import { otherTables, storedTables } from './tables.ts'

/** Our tables, children before those they point at. What else is in the database is not ours to remove. */
const tables = [...otherTables, ...storedTables.map(({ name }) => name).toReversed()]

/**
 * Removes all tables of Taskwell, in one transaction; `migrate` makes them anew.
 * @throws when a server is using the PostgreSQL database; on SQLite the caller claims the file.
 */
export async function dropEverything(db: Database): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (databaseKind(trx) === 'postgres') await refuseOtherServers(trx)
    await dropTables(trx)
  })
}

/** The same within a transaction, for a caller who holds the store. */
export async function dropTables(trx: Database): Promise<void> {
  const isPostgres = databaseKind(trx) === 'postgres'
  for (const name of tables) {
    // On PostgreSQL the search index goes with its table.
    if (isPostgres && name === 'task_search') continue
    await sql`drop table if exists ${sql.table(name)}`.execute(trx)
  }
}

async function refuseOtherServers(trx: Database): Promise<void> {
  const { rows } = await sql<{ alone: boolean }>`select pg_try_advisory_xact_lock(${serverLock}) as alone`.execute(trx)
  if (!rows[0]?.alone) throw new Error('A server is using this database: stop it first.')
}
