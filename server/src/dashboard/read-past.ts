import type { Stats } from '@taskwell/api'
import { addDays, type Calendar, dayClock, dayStarts } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { countInSpans } from './count-in-spans.ts'
import { selectCreated, type Span } from './queries.ts'
import { readCompletions } from './read-completions.ts'

type Performance = Omit<Stats['performance'], 'currentStreakDays' | 'longestStreakDays'>

/** What was done in the last `days` days, today included, whether the tasks are still there or not. */
export async function readPast(
  db: Database,
  spaceId: string,
  calendar: Calendar,
  days: number,
): Promise<Pick<Stats, 'activity'> & { performance: Performance }> {
  // Two weeks are compared even if fewer days are shown.
  const daysRead = Math.max(days, 14)
  const dates = Array.from({ length: daysRead }, (_, index) => addDays(calendar.today, index + 1 - daysRead))
  const spans = spansOf(calendar.timeZone, dates)
  const created = await readCreated(db, spaceId, spans.slice(-days))
  const completions = await readCompletions(db, spaceId, { days: spans, judged: days })
  const { completedByDay } = completions
  const lastDays = (from: number, to?: number) => sumOf(completedByDay.slice(from, to))
  return {
    activity: dates.slice(-days).map((date, index) => ({
      date,
      created: created.byPlace[daysRead - days + index] ?? 0,
      completed: completedByDay[daysRead - days + index] ?? 0,
    })),
    performance: {
      completionRate: rate(created.completed, sumOf(created.byPlace)),
      onTimeRate: rate(completions.due - completions.late, completions.due),
      averageHoursToComplete: rounded(completions.averageHours, 2),
      medianHoursToComplete: rounded(completions.medianHours, 2),
      completedLast7Days: lastDays(-7),
      completedPrevious7Days: lastDays(-14, -7),
    },
  }
}

const [millisecondsADay, minutesADay] = [86_400_000, 1_440]

/** When each of the days begins and ends, and by which clock its times are instants. */
function spansOf(timeZone: string, dates: readonly string[]): Span[] {
  const starts = dayStarts(timeZone, dates[0] ?? '', dates.length + 1)
  return dates.map((date, place) => {
    const [from = Infinity, to = Infinity] = starts.slice(place, place + 2)
    // On a day of 24 hours each minute follows the one before.
    if (to - from === millisecondsADay) return [place, from, to, date, minutesADay, from, from]
    const { change, before, after } = dayClock(timeZone, date)
    return [place, from, to, date, change, before, after]
  })
}

/** About how many are counted before others get their turn. */
const rowsAtOnce = 20_000

async function readCreated(db: Database, spaceId: string, days: readonly Span[]) {
  const byPlace: number[] = Array.from({ length: (days.at(-1)?.[0] ?? 0) + 1 }, () => 0)
  let completed = 0
  await countInSpans(
    days,
    (spans) => selectCreated(db, spaceId, spans, rowsAtOnce).execute(),
    (place, [count, completedOnes]: readonly [number, number]) => {
      byPlace[place] = (byPlace[place] ?? 0) + count
      completed += completedOnes
    },
  )
  return { byPlace, completed }
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
