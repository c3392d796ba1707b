import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Header, readBackupFile } from '../database/copy/backup-file.ts'
import { removeDatabase, replaceDatabase, sealDatabase } from '../database/copy/files.ts'
import { makeFile, stepsOf, withFile } from '../database/copy/fill.ts'
import { openPostgresTarget, postgresSource, waitWithoutEnd } from '../database/copy/postgres-rows.ts'
import { isSameTally, type Progress, type RowTarget, type Tally, tallyRows } from '../database/copy/rows.ts'
import { withSnapshot } from '../database/copy/snapshot.ts'
import { openSqliteTarget } from '../database/copy/sqlite-rows.ts'
import { claimAlone } from '../database/lock.ts'
import { migrate } from '../database/migrate.ts'
import { type Database, type DatabaseConfig, openDatabase } from '../database/open.ts'
import { dropTables } from '../database/reset.ts'
import { storedTables } from '../database/tables.ts'
import { isEmptyStore } from './is-empty-store.ts'

export interface RestoreOptions {
  readonly database: DatabaseConfig
  readonly file: string
  /** Replaces accounts and tasks that are there. */
  readonly force?: boolean
  /** Checks everything and changes nothing. */
  readonly dryRun?: boolean
  /** People stay signed in, those too who had signed out since the backup. */
  readonly keepSessions?: boolean
  readonly progress?: Progress
}

export interface Restored {
  readonly header: Header
  readonly tally: Tally
  /** Where the SQLite file is that was there before. */
  readonly kept: string | undefined
}

/**
 * Makes the store what it was at the time of the backup, all of it or nothing: until the last step the store that was
 * there is untouched. It gets a new epoch, and the schema of this program.
 * @throws {BackupError} when the file cannot be used, and an error when the store is in use or not empty
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { database, file, force = false, dryRun = false, progress } = options
  const backup = await readBackupFile(file, progress && { progress })
  stepsOf(backup.header.migrations, file)
  if (!force && !(await isEmptyStore(database))) {
    throw new Error('The database has accounts in it: back it up, then replace it with --force.')
  }
  if (dryRun) return { ...backup, kept: undefined }
  const claim = await claimAlone(database)
  try {
    if (database.kind === 'postgres') await restoreIntoPostgres(database, backup, options)
    const kept = database.kind === 'sqlite' ? await restoreIntoFile(database.file, backup, options) : undefined
    return { ...backup, kept }
  } finally {
    await claim.release()
  }
}

type Backup = Pick<Restored, 'header' | 'tally'>

async function restoreIntoFile(file: string, backup: Backup, options: RestoreOptions): Promise<string | undefined> {
  const draft = `${file}.restoring`
  removeDatabase(draft)
  try {
    await makeFile(draft, stepsOf(backup.header.migrations, options.file))
    const target = openSqliteTarget(draft, { resumable: false })
    try {
      await fill(target, options)
    } finally {
      target.close()
    }
    const made = await withSnapshot({ kind: 'sqlite', file: draft, synchronous: 'normal' }, (source) =>
      tallyRows(source),
    )
    if (!isSameTally(made, backup.tally)) throw unlike()
    await withFile(draft, async (db) => {
      await migrate(db)
      await db.transaction().execute((trx) => beginAnew(trx, options))
    })
    sealDatabase(draft)
    const kept = existsSync(file) ? `${file}.before-restore` : undefined
    replaceDatabase(file, draft, `${file}.before-restore`)
    return kept
  } finally {
    removeDatabase(draft)
  }
}

async function restoreIntoPostgres(database: DatabaseConfig, backup: Backup, options: RestoreOptions): Promise<void> {
  const db = openDatabase(database)
  try {
    await db.transaction().execute(async (trx) => {
      await waitWithoutEnd(trx)
      await dropTables(trx)
      await migrate(trx, stepsOf(backup.header.migrations, options.file))
      await fill(await openPostgresTarget(trx), options)
      if (!isSameTally(await tallyRows(await postgresSource(trx)), backup.tally)) throw unlike()
      await migrate(trx)
      await beginAnew(trx, options)
    })
  } finally {
    await db.destroy()
  }
}

async function fill(target: RowTarget, { file, progress }: RestoreOptions): Promise<void> {
  await readBackupFile(file, {
    rows: ({ table, columns }, rows) => {
      if (!storedTables.some(({ name }) => name === table)) throw new Error(`The backup has an unknown table: ${table}`)
      return target.load({ name: table, columns }, rows)
    },
    ...(progress && { progress }),
  })
  await target.finish()
  await target.release()
}

function unlike(): Error {
  return new Error('What was restored is not what is in the backup, and the old database stays: check the disk.')
}

/**
 * Devices must notice that the store went back in time. What was ended since the backup must not come back to life:
 * sessions, reset links, mails that were sent.
 */
async function beginAnew(trx: Database, { keepSessions = false }: RestoreOptions): Promise<void> {
  const epoch = { name: 'epoch', value: randomUUID() }
  await trx.deleteFrom('settings').where('name', '=', epoch.name).execute()
  await trx.insertInto('settings').values(epoch).execute()
  await trx.deleteFrom('verifications').execute()
  await trx.deleteFrom('mails').where('next_attempt_at', 'is not', null).execute()
  if (!keepSessions) await trx.deleteFrom('sessions').execute()
}
