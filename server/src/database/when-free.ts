import { setTimeout as pause } from 'node:timers/promises'

/** In milliseconds. */
const patience = 5_000
const rest = 5

/**
 * Runs a statement that takes the write lock of a SQLite file. While another process or handle holds it, this one goes on
 * with its other work, which a busy timeout of SQLite would stop. @throws when that takes longer than five seconds.
 */
export async function whenFree<T>(run: () => T): Promise<T> {
  const giveUpAt = performance.now() + patience
  for (;;) {
    try {
      return run()
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error
    }
    await pause(rest)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'
}
