import type { Log } from './context.ts'

/** Work that goes on beside the requests, such as sending mails. */
export interface BackgroundJob {
  /** Runs it as soon as possible instead of waiting for its time. */
  wake(): void
  /** Lets a run that is under way finish; no further one begins. */
  stop(): Promise<void>
}

export interface BackgroundWork {
  readonly name: string
  /** The rest between two runs, in milliseconds. */
  readonly every: number
  readonly log: Log
  /** One run: bounded work, which looks at the signal between its steps. Answers whether more is waiting already. */
  run(signal: AbortSignal): Promise<boolean>
}

/** Repeats the work, never twice at once. A run that fails is logged, and tried again when its time comes. */
export function startBackgroundJob({ name, every, log, run }: BackgroundWork): BackgroundJob {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWoken = false

  function begin(): void {
    isWoken = false
    running = runOnce().then((hasMore) => {
      running = undefined
      schedule(hasMore || isWoken ? 0 : every)
    })
  }

  async function runOnce(): Promise<boolean> {
    try {
      return await run(stopping.signal)
    } catch (error) {
      log.error({ err: error, job: name }, 'background work failed and will be tried again')
      return false
    }
  }

  function schedule(delay: number): void {
    clearTimeout(timer)
    if (stopping.signal.aborted) return
    timer = setTimeout(begin, delay)
    timer.unref()
  }

  schedule(every)
  return {
    wake: () => {
      isWoken = true
      if (!running) schedule(0)
    },
    stop: async () => {
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
