import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { BackupSettings } from '../config.ts'
import type { Log } from '../context.ts'
import { backupName, listBackups } from './list-backups.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../cli/main.ts')
/** How often it is looked whether one is due: often enough that a failed one is soon tried again. */
const mostBetweenLooks = 5 * 60_000

export interface Schedule extends BackgroundJob {
  /** Of the newest backup; undefined when there is none. */
  lastAt(): Date | undefined
}

/**
 * Makes a backup whenever the newest is older than it may be, in a process of its own, and removes the oldest ones.
 * Several servers on one folder do not double the work, but for the rare case that both begin at the same moment.
 */
export function scheduleBackups(options: BackupSettings & { log: Log; now: () => Date }): Schedule {
  const { folder, every, keep, log, now } = options

  function lastAt(): Date | undefined {
    return existsSync(folder) ? listBackups(folder)[0]?.at : undefined
  }

  async function backUp(signal: AbortSignal): Promise<boolean> {
    const last = lastAt()
    if (last !== undefined && now().getTime() - last.getTime() < every) return false
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, backupName(now()))
    try {
      await run(process.execPath, [command, 'backup', file], { signal })
    } catch (error) {
      if (signal.aborted) return false
      throw new Error(`No backup could be made in ${folder}: ${reasonOf(error)}`, { cause: error })
    }
    log.info({ file }, 'backed up')
    for (const { path } of listBackups(folder).slice(keep)) rmSync(path, { force: true })
    return false
  }

  const job = startBackgroundJob({ name: 'backup', every: Math.min(every, mostBetweenLooks), log, run: backUp })
  job.wake()
  return { ...job, lastAt }
}

/** What the command said in its one line. */
function reasonOf(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
  return text || String(error)
}
