import { existsSync } from 'node:fs'
import { type Config, readConfig } from '../config.ts'
import { migrationStatus } from '../database/migrate.ts'
import { type Database, openDatabase } from '../database/open.ts'
import { upgrade } from '../database/upgrade.ts'
import { tellServers } from '../nodes/index.ts'
import { version } from '../version.ts'

type Work = (db: Database, config: Config) => Promise<void>

/** Opens the configured store for one command, tells the servers, and closes it whatever happens. */
export async function withStore(work: Work): Promise<void> {
  const config = readConfig()
  const db = openDatabase(config.database)
  try {
    await work(db, config)
    await tellServers(db, config)
  } finally {
    await db.destroy()
  }
}

/** The same, for what may be the first to use a store, or a version of the program: it is made ready as by a start. */
export function withUpgradedStore(work: Work): Promise<void> {
  return withStore(async (db, config) => {
    await upgrade(db, { database: config.database, version })
    await work(db, config)
  })
}

/** The same, for what needs accounts that are there. @throws where there is no store, or one of another version */
export function withReadyStore(work: Work): Promise<void> {
  const { database } = readConfig()
  if (database.kind === 'sqlite' && !existsSync(database.file)) {
    throw new Error(`There is no database at ${database.file}: check DATA_DIR and DATABASE_URL.`)
  }
  return withStore(async (db, config) => {
    const { applied, pending, unknown } = await migrationStatus(db)
    if (unknown.length > 0) throw new Error('The database has been used by a newer Taskwell: use that version.')
    if (applied.length === 0) throw new Error('The database is empty: check DATABASE_URL, or start the server first.')
    if (pending.length > 0) throw new Error('The database is of an older version: run `taskwell migrate up` first.')
    await work(db, config)
  })
}
