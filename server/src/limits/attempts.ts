import type { Budget } from './budget.ts'
import { limitReached, type Meter, note } from './meter.ts'

/** One attempt of a kind of which only so many may fail. */
export interface Attempt {
  /** It was right, or nothing was judged: it does not count. */
  forgive(): Promise<void>
  /** It counts. */
  fail(): void
}

/** Lets attempts begin while there is room for them to fail. */
export interface Attempts {
  /** @throws rate_limited */
  begin(meter: Meter, key: string): Promise<Attempt>
  /** Whether attempts under this key are under way, which may give back what they took. */
  isBusy(key: string): boolean
}

interface UnderWay {
  count: number
  waiting: (() => void)[]
}

/** How many may wait for others under the same key to end. */
const mostWaiting = 200

/**
 * Takes from the budget before an attempt and gives back after, so that no number of guesses at once gets beyond it.
 * When all that is left is held by attempts under way, the next one waits: people who sign in at once are not refused.
 */
export function createAttempts(budget: Budget): Attempts {
  const attempts = new Map<string, UnderWay>()

  async function begin(meter: Meter, key: string): Promise<Attempt> {
    const taken = await budget.take(key)
    if (taken) return enter(meter, key)
    const standing = await budget.look(key)
    const underWay = attempts.get(key)
    if (underWay && underWay.waiting.length < mostWaiting) {
      await new Promise<void>((resolve) => underWay.waiting.push(resolve))
    } else if (standing.remaining === 0) {
      throw limitReached(meter, standing)
    }
    return begin(meter, key)
  }

  async function enter(meter: Meter, key: string): Promise<Attempt> {
    const underWay = attempts.get(key) ?? { count: 0, waiting: [] }
    underWay.count += 1
    attempts.set(key, underWay)
    note(meter, await budget.look(key))
    return {
      fail: () => leave(key, underWay),
      forgive: async () => {
        await budget.giveBack(key)
        note(meter, await budget.look(key))
        leave(key, underWay)
      },
    }
  }

  function leave(key: string, underWay: UnderWay): void {
    underWay.count -= 1
    if (underWay.count === 0) attempts.delete(key)
    for (const goOn of underWay.waiting.splice(0)) goOn()
  }

  return { begin, isBusy: (key) => attempts.has(key) }
}
