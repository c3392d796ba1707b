import type { Stats } from '@taskwell/api'
import { addDays, type Calendar, dayStarts } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { selectCompletedOfCreated, selectCreated, type Span } from './queries.ts'
import { readCompletions } from './read-completions.ts'
import { readStreaks } from './read-streaks.ts'
import { yieldToOthers } from './yield-to-others.ts'

/** What was done in the last `days` days, today included, whether the tasks are still there or not. */
export async function readPast(
  db: Database,
  spaceId: string,
  calendar: Calendar,
  days: number,
): Promise<Pick<Stats, 'activity' | 'performance'>> {
  const { timeZone, today } = calendar
  // Two weeks are compared even if fewer days are shown.
  const daysRead = Math.max(days, 14)
  const dates = Array.from({ length: daysRead }, (_, index) => addDays(today, index + 1 - daysRead))
  const starts = dayStarts(timeZone, addDays(today, 1 - daysRead), daysRead + 1)
  const read = dates.map((date, index) => ({ date, span: spanOf(starts, index) }))
  const shown = read.slice(-days)
  const created = await readCreated(db, spaceId, shown)
  const completions = await readCompletions(db, spaceId, { timeZone, days: read, judged: days })
  const streaks = await readStreaks(db, spaceId, calendar)
  const { completedByDay } = completions
  const lastDays = (from: number, to?: number) => sumOf(completedByDay.slice(from, to))
  return {
    activity: shown.map(({ date }, index) => ({
      date,
      created: created.byDay[index] ?? 0,
      completed: completedByDay[daysRead - days + index] ?? 0,
    })),
    performance: {
      completionRate: rate(created.completed, sumOf(created.byDay)),
      onTimeRate: rate(completions.due - completions.late, completions.due),
      averageHoursToComplete: rounded(completions.averageHours, 2),
      medianHoursToComplete: rounded(completions.medianHours, 2),
      completedLast7Days: lastDays(-7),
      completedPrevious7Days: lastDays(-14, -7),
      ...streaks,
    },
  }
}

export interface Day {
  readonly date: string
  readonly span: Span
}

function spanOf(starts: readonly number[], index: number): Span {
  return [starts[index] ?? Infinity, starts[index + 1] ?? Infinity]
}

/** How many days one statement counts, so that it is short whatever happened on them. */
const daysAtOnce = 31

async function readCreated(db: Database, spaceId: string, days: readonly Day[]) {
  const byDay: number[] = []
  let completed = 0
  for (let first = 0; first < days.length; first += daysAtOnce) {
    const spans = days.slice(first, first + daysAtOnce).map(({ span }) => span)
    const rows = await selectCreated(db, spaceId, spans).execute()
    byDay.push(...rows.map((row) => row.created))
    await yieldToOthers()
    const [from, to] = [spans[0]?.[0] ?? 0, spans.at(-1)?.[1] ?? 0]
    completed += (await selectCompletedOfCreated(db, spaceId, [from, to]).executeTakeFirstOrThrow()).completed
    await yieldToOthers()
  }
  return { byDay, completed }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded(part / whole, 4)
}

function rounded<T extends number | null>(value: T, decimals: number): T | number {
  if (value === null) return value
  const unit = 10 ** decimals
  // Plus zero: a little less than nothing is not minus zero.
  return Math.round(value * unit) / unit + 0
}
