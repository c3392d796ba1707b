import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from './config.ts'

/** What names the folder of an embedded database. */
export const databaseFolder = 'DATA_DIR, or the folder in DATABASE_URL,'

/** Makes a folder that a setting names, for its owner only. @throws {ConfigError} naming the setting */
export function createFolder(path: string, setting: string): void {
  try {
    create(path)
  } catch (error) {
    throw unusableFolder(setting, error)
  }
}

export function unusableFolder(setting: string, error: unknown): ConfigError {
  const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return new ConfigError(`${setting} cannot be used: it must be a folder that this program may write to${reason}`)
}

/** Folder by folder: what Node offers for this never returns where the system denies a folder, as in `/proc`. */
function create(path: string): void {
  if (isFolder(path)) return
  if (dirname(path) !== path) create(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been first.
    if (!isFolder(path)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
