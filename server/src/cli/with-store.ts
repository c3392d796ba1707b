import { type Config, readConfig } from '../config.ts'
import { type Database, openDatabase } from '../database/open.ts'
import { tellServers } from '../nodes/index.ts'

/** Opens the configured store for one command, tells the servers, and closes it whatever happens. */
export async function withStore(work: (db: Database, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig()
  const db = openDatabase(config.database)
  try {
    await work(db, config)
    await tellServers(db, config)
  } finally {
    await db.destroy()
  }
}
