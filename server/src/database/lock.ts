import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'

/**
 * Claims a SQLite store for this process, until `release` or its end, however it ends.
 * @throws when another process holds it.
 */
export function claimStore(file: string, dataDir: string): { release(): void } {
  const path = lockPath(file, dataDir)
  mkdirSync(dirname(path), { recursive: true })
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

/** A file outside of the data folder is locked beside itself, so that two data folders cannot share it. */
function lockPath(file: string, dataDir: string): string {
  const folder = realFolder(dirname(file))
  return folder === realFolder(dataDir)
    ? join(folder, 'lock.db')
    : `${join(folder, file.slice(dirname(file).length + 1))}.lock.db`
}

function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder
}
