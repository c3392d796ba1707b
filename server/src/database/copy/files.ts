import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'

/** Makes sure that the names in a folder outlast a power loss. */
export function syncFolder(folder: string): void {
  syncPath(folder)
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Removes a database file and what SQLite keeps beside it. */
export function removeDatabase(file: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(file + end, { force: true })
}

/**
 * Brings all of a file that nobody else uses into the file itself, checks it, and waits until it is on the disk.
 * @throws when its pages or rows do not fit together
 */
export function sealDatabase(file: string): void {
  const database = new BetterSqlite3(file, { fileMustExist: true })
  try {
    database.pragma('journal_mode = delete')
    const verdict = database.pragma('quick_check(1)', { simple: true })
    if (verdict !== 'ok') throw new Error(`The database that was made is damaged: ${String(verdict)}. Check the disk.`)
  } finally {
    database.close()
  }
  syncPath(file)
}

/** Puts the draft in the place of the file, in one step. The one that was there is kept under the other name, if there was one. */
export function replaceDatabase(file: string, draft: string, kept: string): void {
  if (existsSync(file)) {
    const isReadable = settle(file)
    removeDatabase(kept)
    // Of a damaged file nothing is lost that is not in these.
    if (!isReadable && existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${kept}-wal`)
    rmSync(`${file}-shm`, { force: true })
    keepAs(file, kept)
  } else {
    removeDatabase(file)
  }
  renameSync(draft, file)
  syncPath(dirname(file))
}

function keepAs(file: string, kept: string): void {
  try {
    linkSync(file, kept)
  } catch {
    // Some file systems have no links.
    copyFileSync(file, kept)
  }
}

/** Brings what is beside the file into it; false when it is too damaged for that. @throws when somebody has it open. */
function settle(file: string): boolean {
  let database: BetterSqlite3.Database | undefined
  try {
    database = new BetterSqlite3(file, { fileMustExist: true, timeout: 2_000 })
    database.pragma('journal_mode = delete')
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
      throw new Error(`Another program has ${file} open: end it first.`, { cause: error })
    }
    return false
  } finally {
    database?.close()
  }
}
