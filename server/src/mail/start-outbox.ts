import type { Logger } from 'pino'
import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { Database } from '../database/open.ts'
import { deliverMails } from './deliver-mails.ts'
import { removeOldMails } from './queries.ts'
import { smtpTransport, type SmtpSettings } from './smtp.ts'
import { logTransport } from './transport.ts'

/** Times in milliseconds. */
const second = 1_000
const hour = 60 * 60 * second
const kept = 7 * 24 * hour

export interface OutboxOptions {
  readonly db: Database
  /** Without it mails are written to the log. */
  readonly smtp: SmtpSettings | undefined
  readonly log: Logger
  now(): Date
}

/**
 * Sends the mails that are queued: those queued here at once after `wake`, those of other processes within a second.
 * A mail on its way when it is stopped has a moment to arrive, and is otherwise sent again after the next start.
 */
export function startOutbox({ db, smtp, log, now }: OutboxOptions): BackgroundJob {
  const transport = smtp ? smtpTransport(smtp) : logTransport(log)
  let tidiedAt = 0

  async function tidy(): Promise<void> {
    const time = now().getTime()
    if (time - tidiedAt < hour) return
    const limit = 500
    const removed = await removeOldMails(db, { before: new Date(time - kept), limit })
    if (removed < limit) tidiedAt = time
  }

  const job = startBackgroundJob({
    name: 'mails',
    every: second,
    log,
    run: async (signal) => {
      const hasMore = await deliverMails({ db, transport, log, now }, signal)
      await tidy()
      return hasMore
    },
  })
  return {
    wake: job.wake,
    stop: async () => {
      await job.stop()
      transport.close()
    },
  }
}
