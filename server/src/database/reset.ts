import { sql } from 'kysely'
import { serverLock } from './lock.ts'
import { type Database, databaseKind } from './open.ts'

/** Removes every table, in one transaction; `migrate` makes them anew. */
export async function dropEverything(db: Database): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (databaseKind(trx) === 'postgres') await refuseOtherServers(trx)
    const tables = await trx.introspection.getTables()
    const names = tables.map(({ name }) => name).filter((name) => !name.startsWith('task_search_'))
    if (databaseKind(trx) === 'postgres') {
      for (const name of names) await sql`drop table if exists ${sql.table(name)} cascade`.execute(trx)
      return
    }
    // Children before those they point at.
    const last = ['task_search', 'changes', 'idempotency_keys', 'tasks', 'spaces', 'users']
    for (const name of names.toSorted((a, b) => last.indexOf(a) - last.indexOf(b))) {
      await sql`drop table if exists ${sql.table(name)}`.execute(trx)
    }
  })
}

async function refuseOtherServers(trx: Database): Promise<void> {
  const { rows } = await sql<{ alone: boolean }>`select pg_try_advisory_xact_lock(${serverLock}) as alone`.execute(trx)
  if (!rows[0]?.alone) throw new Error('A server is using this database: stop it first.')
}
