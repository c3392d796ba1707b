import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Header, readBackupFile, writeBackupFile } from '../database/copy/backup-file.ts'
import { syncFolder } from '../database/copy/files.ts'
import { isSameTally, type Progress, type Tally } from '../database/copy/rows.ts'
import { withSnapshot } from '../database/copy/snapshot.ts'
import type { DatabaseConfig } from '../database/open.ts'
import { version } from '../version.ts'

export interface BackupOptions {
  readonly database: DatabaseConfig
  readonly file: string
  /** Replaces a file that is there. */
  readonly force?: boolean
  readonly secretMark?: string | undefined
  readonly progress?: Progress
}

/**
 * Copies the store as it is at this moment into one file, while servers go on. The file has its name only once it has
 * been read back and found whole.
 * @throws when the file is there already, or cannot be written
 */
export async function createBackup(options: BackupOptions): Promise<Tally> {
  const { database, force = false, progress } = options
  const file = resolve(options.file)
  const folder = dirname(file)
  if (!existsSync(folder)) throw new Error(`${folder} is not there: make the folder first.`)
  if (!force && existsSync(file)) throw taken(file)
  if (database.kind === 'sqlite' && !existsSync(database.file)) {
    throw new Error(`There is no database at ${database.file}: check DATA_DIR and DATABASE_URL.`)
  }
  const draft = `${file}.${process.pid}.partial`
  try {
    const written = await withSnapshot(database, (source) => {
      if (source.migrations.length === 0) throw new Error('The database is empty: there is nothing to keep yet.')
      const header: Header = {
        format: 'taskwell-backup',
        version: 1,
        createdAt: new Date().toISOString(),
        program: version,
        migrations: source.migrations,
        secretMark: options.secretMark ?? null,
      }
      return writeBackupFile(draft, header, source, progress)
    })
    const { tally } = await readBackupFile(draft, progress && { progress })
    if (!isSameTally(written, tally)) throw new Error('What was written is not what can be read: check the disk.')
    if (force) renameSync(draft, file)
    else giveName(draft, file)
    syncFolder(folder)
    return tally
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Unlike a renaming, a link never replaces what came to be there in the meantime. */
function giveName(draft: string, file: string): void {
  try {
    linkSync(draft, file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw taken(file)
    // Some file systems have no links.
    renameSync(draft, file)
  }
}

function taken(file: string): Error {
  return new Error(`${file} is there already: choose another name, or replace it with --force.`)
}
