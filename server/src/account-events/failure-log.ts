import { v7 as uuidv7 } from 'uuid'
import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { Log } from '../context.ts'
import type { Database } from '../database/open.ts'
import { insertFailure } from './queries.ts'
import type { Origin } from './record-event.ts'

export interface FailedSignIn {
  readonly email: string
  readonly origin: Origin
  readonly at: Date
}

/** Takes failed sign-ins, and tells the owners of the addresses later. */
export interface FailureLog extends BackgroundJob {
  add(attempt: FailedSignIn): void
  /** Writes all that were taken so far: whoever reads the events then finds them. */
  flush(): Promise<void>
}

const every = 1_000
const inOneStep = 50
/** More at once are an attack, of which the first thousand tell enough. */
const mostWaiting = 1_000

/**
 * Failed sign-ins are written in batches beside the requests: a reply that took longer for an address that is known
 * would give it away.
 */
export function createFailureLog({ db, log }: { db: Database; log: Log }): FailureLog {
  const waiting: FailedSignIn[] = []

  let last: Promise<unknown> = Promise.resolve()

  /** One step after the other: who waits for a step waits for those under way, too. */
  function write(): Promise<boolean> {
    const step = last.then(writeStep, writeStep)
    last = step
    return step
  }

  async function writeStep(): Promise<boolean> {
    const attempts = waiting.splice(0, inOneStep)
    if (attempts.length === 0) return false
    await db.transaction().execute(async (db) => {
      for (const { email, origin, at } of attempts) {
        await insertFailure(db, {
          id: uuidv7(),
          email,
          at: at.toISOString(),
          ip: origin.ip,
          user_agent: origin.userAgent,
        })
      }
    })
    return waiting.length > 0
  }

  async function flush(): Promise<void> {
    while (await write());
  }

  const job = startBackgroundJob({ name: 'failed sign-ins', every, log, run: write })
  return {
    ...job,
    add: (attempt) => {
      if (waiting.length < mostWaiting) waiting.push(attempt)
    },
    stop: async () => {
      await job.stop()
      await flush()
    },
    flush,
  }
}
