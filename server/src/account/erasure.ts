import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { Log } from '../context.ts'
import type { Database } from '../database/open.ts'
import { Refusal } from '../errors.ts'
import { eraseAccount } from './erase-account.ts'
import { findDeletedUsers } from './queries.ts'

/** Erases what belonged to closed accounts. */
export interface Erasure extends BackgroundJob {
  /** @throws unavailable when the program stops before all is gone; its next start goes on. */
  erase(userId: string): Promise<void>
}

const every = 60_000

/** What a crash or an outage interrupted is found again at the next start, and every minute. */
export function createErasure({ db, log }: { db: Database; log: Log }): Erasure {
  const running = new Map<string, Promise<void>>()
  let isStopping = false

  function erase(userId: string): Promise<void> {
    const known = running.get(userId)
    if (known) return known
    const work = eraseAccount(db, userId, checkStop).finally(() => running.delete(userId))
    running.set(userId, work)
    return work
  }

  function checkStop(): void {
    if (isStopping) throw new Refusal('unavailable', { detail: 'The account is closed; the rest is erased later.' })
  }

  const job = startBackgroundJob({
    name: 'erasure of accounts',
    every,
    log,
    run: async () => {
      for (const userId of await findDeletedUsers(db)) if (!isStopping) await erase(userId)
      return false
    },
  })
  job.wake()
  return {
    ...job,
    erase,
    stop: async () => {
      isStopping = true
      await Promise.allSettled(running.values())
      await job.stop()
    },
  }
}
