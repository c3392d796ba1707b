import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { createFolder, databaseFolder, unusableFolder } from '../create-folder.ts'
import type { DatabaseConfig } from './open.ts'
import { backupLock, type Claim, connectAside, type Hold, joinServers, serverLock } from './server-lock.ts'

export type { Claim, Hold } from './server-lock.ts'

/**
 * Claims the store for a server: a SQLite file for it alone, a PostgreSQL database together with other servers.
 * @throws when another process holds it.
 */
export async function claimStore(database: DatabaseConfig): Promise<Claim> {
  if (database.kind === 'postgres') return joinServers(database.url)
  return { ...claimFile(database.file), countServers: () => 1, watch: () => {} }
}

/** Claims the store for work that no server may see. @throws when a server, or other such work, holds it. */
export async function claimAlone(database: DatabaseConfig): Promise<Hold> {
  if (database.kind === 'sqlite') return claimFile(database.file)
  const hold = await tryHold(database.url, serverLock)
  if (hold) return hold
  throw new Error('A server is using this database: stop it first.')
}

/** Claims the backups by themselves, of which one at a time is made. Undefined while another server makes one. */
export async function claimBackup(database: DatabaseConfig): Promise<Hold | undefined> {
  return database.kind === 'sqlite' ? { release: () => {} } : tryHold(database.url, backupLock)
}

async function tryHold(url: string, lock: number): Promise<Hold | undefined> {
  const client = await connectAside(url)
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [lock])
  if (rows[0]?.held) return { release: () => client.end() }
  await client.end()
  return undefined
}

/** @throws when another process holds the file. */
export function claimFile(file: string): Hold {
  const path = lockPath(file)
  createFolder(dirname(path), databaseFolder)
  const lock = openLock(path)
  try {
    lock.pragma('journal_mode = delete')
    lock.exec('begin exclusive')
  } catch {
    lock.close()
    throw new Error(`Another Taskwell is using ${file}. Stop it first, or give this one its own DATA_DIR.`)
  }
  return { release: () => void lock.close() }
}

function openLock(path: string): BetterSqlite3.Database {
  try {
    return new BetterSqlite3(path, { timeout: 0 })
  } catch (error) {
    throw unusableFolder(databaseFolder, error)
  }
}

/** Beside the file itself, whatever way led to it, so that two data folders cannot share it. */
function lockPath(file: string): string {
  const real = existsSync(file) ? realpathSync(file) : join(realFolder(dirname(file)), basename(file))
  return basename(real) === 'taskwell.db' ? join(dirname(real), 'lock.db') : `${real}.lock.db`
}

function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder
}
