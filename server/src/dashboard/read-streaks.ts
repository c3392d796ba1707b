import type { Stats } from '@taskwell/api'
import { type Calendar, dayIn, dayStarts } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { type EqualDays, selectActive, selectNextCompletion, type Span } from './queries.ts'
import { yieldToOthers } from './yield-to-others.ts'

type Streaks = Pick<Stats['performance'], 'currentStreakDays' | 'longestStreakDays'>

/** Days in a row with a completion: up to today or yesterday, and the most ever. */
export async function readStreaks(db: Database, spaceId: string, { timeZone, today }: Calendar): Promise<Streaks> {
  const [todayBegins = 0, todayEnds = 0] = dayStarts(timeZone, today, 2)
  let [current, longest, length, end] = [0, 0, 0, -Infinity]
  for await (const day of activeDays(db, spaceId, timeZone)) {
    // A day that the zone skipped has no length, and does not break a streak.
    length = day[0] === end ? length + 1 : 1
    end = day[1]
    longest = Math.max(longest, length)
    if (end === todayBegins || end === todayEnds) current = length
  }
  return { currentStreakDays: current, longestStreakDays: longest }
}

/** How many days are looked at before others get their turn. */
const daysAtOnce = 250

/** The days with completions, oldest first. Long times without any cost nothing. */
async function* activeDays(db: Database, spaceId: string, timeZone: string): AsyncGenerator<Span> {
  let from = Number.MIN_SAFE_INTEGER
  for (;;) {
    const next = await selectNextCompletion(db, spaceId, from).executeTakeFirst()
    if (!next) return
    const firstDay = dayIn(timeZone, new Date(next.completed_ms))
    const starts = dayStarts(timeZone, firstDay, daysAtOnce + 1)
    for (const days of equalDays(starts)) {
      for (const { first } of await selectActive(db, spaceId, days).execute()) {
        const start = days.start + Math.floor((first - days.start) / days.length) * days.length
        yield [start, start + days.length]
      }
    }
    from = starts.at(-1) ?? Infinity
    await yieldToOthers()
  }
}

/** The days between the starts, those of one length together. A day that the zone skipped has none. */
function equalDays(starts: readonly number[]): EqualDays[] {
  const found: EqualDays[] = []
  for (const [index, end] of starts.slice(1).entries()) {
    const start = starts[index] ?? end
    const last = found.at(-1)
    if (last?.length === end - start) found[found.length - 1] = { ...last, end }
    else if (end > start) found.push({ start, end, length: end - start })
  }
  return found
}
