import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'
import type { DatabaseConfig } from './open.ts'

/** A hold on the store, until `release` or the end of the process, however it ends. */
export interface Claim {
  release(): void | Promise<void>
}

/** The session lock on PostgreSQL by which servers say that they are using the database. */
export const serverLock = 7_265_002

/**
 * Claims the store for a server: a SQLite file for it alone, a PostgreSQL database together with other servers.
 * @throws when another process holds it.
 */
export function claimStore(database: DatabaseConfig): Claim | Promise<Claim> {
  return database.kind === 'sqlite' ? claimFile(database.file) : joinServers(database.url)
}

/** Claims the store for work that no server may see. @throws when a server, or other such work, holds it. */
export async function claimAlone(database: DatabaseConfig): Promise<Claim> {
  if (database.kind === 'sqlite') return claimFile(database.file)
  const client = await connect(database.url)
  const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [serverLock])
  if (rows[0]?.alone) return { release: () => client.end() }
  await client.end()
  throw new Error('A server is using this database: stop it first.')
}

/** @throws when another process holds the file. */
export function claimFile(file: string): Claim {
  const path = lockPath(file)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lock = new BetterSqlite3(path, { timeout: 0 })
  try {
    lock.pragma('journal_mode = delete')
    lock.exec('begin exclusive')
  } catch {
    lock.close()
    throw new Error(`Another Taskwell is using ${file}. Stop it first, or give this one its own DATA_DIR.`)
  }
  return { release: () => void lock.close() }
}

/** Beside the file itself, whatever way led to it, so that two data folders cannot share it. */
function lockPath(file: string): string {
  const real = existsSync(file) ? realpathSync(file) : join(realFolder(dirname(file)), basename(file))
  return basename(real) === 'taskwell.db' ? join(dirname(real), 'lock.db') : `${real}.lock.db`
}

function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder
}

/** A connection of its own holds the lock, so that it lasts while the pool is idle. */
async function joinServers(url: string): Promise<Claim> {
  const client = await connect(url)
  await client.query('select pg_advisory_lock_shared($1)', [serverLock])
  return { release: () => client.end() }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000 })
  // When the database restarts, the hold is gone, and so is everybody who could have been kept out by it.
  client.on('error', () => {})
  await client.connect()
  return client
}
