import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { BackupSettings } from '../config.ts'
import type { Log } from '../context.ts'
import { claimBackup } from '../database/lock.ts'
import type { DatabaseConfig } from '../database/open.ts'
import { backupName, listBackups } from './list-backups.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../cli/main.ts')
/** How often it is looked whether one is due: often enough that a failed one is soon tried again. */
const mostBetweenLooks = 5 * 60_000

export interface ScheduleOptions extends BackupSettings {
  readonly database: DatabaseConfig
  readonly log: Log
  now(): Date
}

export interface Schedule extends BackgroundJob {
  /** Of the newest backup; undefined when there is none. */
  lastAt(): Date | undefined
}

/**
 * Makes a backup whenever the newest is older than it may be, in a process of its own, and removes the oldest ones.
 * Of several servers on one database one at a time does; one that shares its folder then finds nothing left to do.
 */
export function scheduleBackups(options: ScheduleOptions): Schedule {
  const { folder, every, keep, database, log, now } = options

  function lastAt(): Date | undefined {
    return existsSync(folder) ? listBackups(folder)[0]?.at : undefined
  }

  function isDue(): boolean {
    const last = lastAt()
    return last === undefined || now().getTime() - last.getTime() >= every
  }

  async function backUpAlone(signal: AbortSignal): Promise<boolean> {
    const hold = isDue() ? await claimBackup(database) : undefined
    if (!hold) return false
    try {
      // Another server may have made one before the hold was had.
      if (isDue()) await backUp(signal)
    } finally {
      await hold.release()
    }
    return false
  }

  async function backUp(signal: AbortSignal): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, backupName(now()))
    try {
      await run(process.execPath, [command, 'backup', file], { signal })
    } catch (error) {
      if (signal.aborted) return
      throw new Error(`No backup could be made in ${folder}: ${reasonOf(error)}`, { cause: error })
    }
    log.info({ file }, 'backed up')
    for (const { path } of listBackups(folder).slice(keep)) rmSync(path, { force: true })
  }

  const job = startBackgroundJob({ name: 'backup', every: Math.min(every, mostBetweenLooks), log, run: backUpAlone })
  job.wake()
  return { ...job, lastAt }
}

/** What the command said in its one line. */
function reasonOf(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
  return text || String(error)
}
