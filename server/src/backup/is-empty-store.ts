import { existsSync, statSync } from 'node:fs'
import { withSnapshot } from '../database/copy/snapshot.ts'
import type { DatabaseConfig } from '../database/open.ts'

/** Whether nobody has anything there yet. @throws when it cannot be read, for then nobody knows. */
export async function isEmptyStore(database: DatabaseConfig): Promise<boolean> {
  if (database.kind === 'sqlite' && (!existsSync(database.file) || statSync(database.file).size === 0)) return true
  try {
    return await withSnapshot(database, async (source) => {
      const users = source.tables.find(({ name }) => name === 'users')
      if (users === undefined) return true
      for await (const rows of source.read(users)) return rows.length === 0
      return true
    })
  } catch (error) {
    if (database.kind === 'postgres') throw error
    throw new Error(`${database.file} cannot be read: replace it with --force, it is kept beside.`, { cause: error })
  }
}
