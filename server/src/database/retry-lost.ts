import { setTimeout } from 'node:timers/promises'
import { type Database, databaseKind } from './open.ts'

const attempts = 3
/** `serialization_failure` and `deadlock_detected`: the transaction was taken back so that another one could go on. */
const lost = new Set<unknown>(['40001', '40P01'])

/** Tries a whole transaction again that PostgreSQL took back, up to three times in all. */
export async function retryLost<T>(db: Database, run: () => Promise<T>): Promise<T> {
  if (databaseKind(db) === 'sqlite') return run()
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attempts || !isLost(error)) throw error
      await setTimeout(Math.random() * 50 * 2 ** attempt)
    }
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lost.has(error.code)
}
