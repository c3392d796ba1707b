import type { Stats } from '@taskwell/api'
import { type Calendar, dayIn, dayStarts } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { accountGone } from '../errors.ts'
import { completedQuarters, type CompletionMark } from '../figures/index.ts'
import { selectCompletionDays } from './queries.ts'
import { yieldToOthers } from './yield-to-others.ts'

type Streaks = Pick<Stats['performance'], 'currentStreakDays' | 'longestStreakDays'>

/** Days in a row with a completion: up to today or yesterday, and the most ever; and the revision of which that is true. */
export async function readStreaks(
  db: Database,
  spaceId: string,
  { timeZone, today }: Calendar,
): Promise<Streaks & { revision: number }> {
  const { revision, marks } = await selectCompletionDays(db, spaceId).executeTakeFirstOrThrow(accountGone)
  const [todayBegins = 0, todayEnds = 0] = dayStarts(timeZone, today, 2)
  let [current, longest, length, end] = [0, 0, 0, -Infinity]
  for await (const day of activeDays(JSON.parse(marks ?? '[]'), timeZone)) {
    // A day that the zone skipped has no length, and does not break a streak.
    length = day[0] === end ? length + 1 : 1
    end = day[1]
    longest = Math.max(longest, length)
    if (end === todayBegins || end === todayEnds) current = length
  }
  return { revision, currentStreakDays: current, longestStreakDays: longest }
}

/** How many days are looked at before others get their turn. */
const daysAtOnce = 366

/** The days with completions, oldest first. Long times without any cost nothing. */
async function* activeDays(
  marks: readonly CompletionMark[],
  timeZone: string,
): AsyncGenerator<readonly [start: number, end: number]> {
  const completions = completedQuarters(marks)
  let from = Number.MIN_SAFE_INTEGER
  for (;;) {
    const first = completions.firstFrom(from)
    if (first === undefined) return
    const starts = dayStarts(timeZone, dayIn(timeZone, new Date(first)), daysAtOnce + 1)
    for (const [index, end] of starts.slice(1).entries()) {
      const start = starts[index] ?? end
      if (completions.areWithin(start, end)) yield [start, end]
    }
    from = starts.at(-1) ?? Infinity
    await yieldToOthers()
  }
}
