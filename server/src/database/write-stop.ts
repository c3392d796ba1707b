import { Refusal } from '../errors.ts'
import { isUntrusted, noteFault } from './disk-faults.ts'

/** Ends all writing to a file that can no longer be trusted; reading may go on. */
export interface WriteStop {
  hasStopped(): boolean
  /** Is told why, once. */
  onStop(tell: (cause: unknown) => void): void
  /** @throws unavailable once writing has stopped */
  refuse(): void
  /** Runs a statement. What tells that the file cannot be trusted stops all writing from then on. */
  watch<T>(run: () => T): T
}

/**
 * After an I/O error nobody knows what of a commit is on disk, and the system may have dropped pages that a later sync
 * would not write again. A new process reads back what is there; until then no write may be answered as done.
 */
export function createWriteStop(): WriteStop {
  let isStopped = false
  let tell: (cause: unknown) => void = () => {}

  function stop(cause: unknown): void {
    if (isStopped) return
    isStopped = true
    tell(cause)
  }

  return {
    hasStopped: () => isStopped,
    onStop: (listener) => {
      tell = listener
    },
    refuse: () => {
      if (!isStopped) return
      throw new Refusal('unavailable', {
        detail: 'Nothing is written since the disk failed. See the log, mend the disk, then restart the server.',
      })
    },
    watch: (run) => {
      try {
        return run()
      } catch (error) {
        if (isUntrusted(error)) stop(error)
        noteFault(error)
        throw error
      }
    },
  }
}
