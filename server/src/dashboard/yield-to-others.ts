import { setImmediate } from 'node:timers/promises'

/** Lets other requests in between two steps of long work: statements on SQLite do not wait for anything by themselves. */
export async function yieldToOthers(): Promise<void> {
  await setImmediate()
}
