import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { RetentionContext } from './batch.ts'
import { runRetention } from './run-retention.ts'

export interface RetentionOptions extends Pick<RetentionContext, 'db' | 'log' | 'publish'> {
  now(): Date
}

const every = 10 * 60_000

/** Removes, from now on and in small steps, what has been kept for long enough. */
export function startRetention(options: RetentionOptions): BackgroundJob {
  const job = startBackgroundJob({
    name: 'retention',
    every,
    log: options.log,
    run: (signal) => runRetention({ ...options, now: options.now() }, signal),
  })
  job.wake()
  return job
}
