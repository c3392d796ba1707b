import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { migrations as known, type Migration } from './migrations/index.ts'
import { type Database, databaseKind } from './open.ts'

interface MigrationRecord {
  name: string
  applied_at: string | Date
}

type MigrationHandle = Kysely<{ migrations: MigrationRecord }>

/**
 * Brings the schema up to date, each step in a transaction of its own under a lock, so that several processes may do
 * this at once; on a transaction all steps are part of it. Answers the names of the steps taken here.
 * @throws when the store was written by a newer program, or a step fails; that step then left no trace.
 */
export async function migrate(db: Database, migrations: readonly Migration[] = known): Promise<string[]> {
  const { pending, unknown } = await migrationStatus(db, migrations)
  refuseNewer(unknown)
  const taken: string[] = []
  for (const migration of migrations) {
    if (pending.includes(migration.name) && (await apply(db, migration))) taken.push(migration.name)
  }
  return taken
}

/** Which steps the store has seen, which are still to come, and which this program does not know. */
export async function migrationStatus(
  db: Database,
  migrations: readonly Migration[] = known,
): Promise<{ applied: string[]; pending: string[]; unknown: string[] }> {
  const records = handle(db)
  const tables = await db.introspection.getTables()
  const rows = tables.some((table) => table.name === 'migrations')
    ? await records.selectFrom('migrations').select('name').orderBy('name').execute()
    : []
  const applied = rows.map((row) => row.name)
  return {
    applied,
    pending: migrations.map((migration) => migration.name).filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !migrations.some((migration) => migration.name === name)),
  }
}

/** Whether steps are missing, as when the store was put back under a running program. Quicker than the whole status. */
export async function hasPendingMigrations(db: Database): Promise<boolean> {
  const applied = new Set((await handle(db).selectFrom('migrations').select('name').execute()).map(({ name }) => name))
  return known.some(({ name }) => !applied.has(name))
}

/** Whether a move into this store has begun and not come to its end. */
export async function hasUnfinishedCopy(db: Database): Promise<boolean> {
  const tables = await db.introspection.getTables()
  return tables.some(({ name }) => name === 'unfinished_copy')
}

function refuseNewer(unknown: string[]): void {
  if (unknown.length === 0) return
  throw new Error(
    `The database has been used by a newer Taskwell (migration ${unknown.join(', ')}). Start that version, or restore a backup made with this one.`,
  )
}

async function apply(db: Database, migration: Migration): Promise<boolean> {
  const kind = databaseKind(db)
  const instant = kind === 'sqlite' ? 'text' : 'timestamptz(3)'
  return inTransaction(db, async (trx) => {
    if (kind === 'postgres') await lockSchema(trx)
    await sql`create table if not exists migrations (name text primary key, applied_at ${sql.raw(instant)} not null)`.execute(
      trx,
    )
    const records = handle(trx)
    const done = await records
      .selectFrom('migrations')
      .select('name')
      .where('name', '=', migration.name)
      .executeTakeFirst()
    if (done) return false
    await migration.up(trx, kind)
    await records
      .insertInto('migrations')
      .values({ name: migration.name, applied_at: new Date().toISOString() })
      .execute()
    return true
  })
}

/** One process at a time, however long it takes. */
async function lockSchema(trx: Database): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(trx)
  await sql`set local lock_timeout = 0`.execute(trx)
  await sql`select pg_advisory_xact_lock(7265001)`.execute(trx)
}

function inTransaction<T>(db: Database, work: (trx: Database) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work)
}

/** The bookkeeping table is not part of the program's schema. */
function handle(db: Database): MigrationHandle {
  return db as unknown as MigrationHandle
}

/** The store's identity in time; a restored store gets a new one, so clients of a lost future start over. */
export async function getEpoch(db: Database): Promise<string> {
  await db
    .insertInto('settings')
    .values({ name: 'epoch', value: randomUUID() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const row = await db.selectFrom('settings').select('value').where('name', '=', 'epoch').executeTakeFirstOrThrow()
  return row.value
}
