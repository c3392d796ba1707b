import type { Database } from '../database/open.ts'
import { countInSpans } from './count-in-spans.ts'
import { middleOf } from './middle-of.ts'
import { selectCompletions, type Span } from './queries.ts'

export interface Completions {
  readonly completedByDay: readonly number[]
  /** Of the days judged: how many had a due date, and how many of these were late. */
  readonly due: number
  readonly late: number
  readonly averageHours: number | null
  readonly medianHours: number | null
}

/** About how many are read before others get their turn. */
const rowsAtOnce = 5_000

const millisecondsAnHour = 3_600_000

/** What was completed on the days; the last `judged` of them count for punctuality and duration. */
export async function readCompletions(
  db: Database,
  spaceId: string,
  { days, judged }: { days: readonly Span[]; judged: number },
): Promise<Completions> {
  const completedByDay = days.map(() => 0)
  const hours: number[] = []
  let [due, late] = [0, 0]
  await countInSpans(
    days,
    (spans) => selectCompletions(db, spaceId, spans, rowsAtOnce).execute(),
    (place, [count, withDate, lateOnes, taken]: readonly [number, number, number, readonly number[] | null]) => {
      completedByDay[place] = (completedByDay[place] ?? 0) + count
      if (place < days.length - judged) return
      due += withDate
      late += lateOnes
      for (const milliseconds of taken ?? []) hours.push(milliseconds / millisecondsAnHour)
    },
  )
  const averageHours = hours.length === 0 ? null : hours.reduce((sum, value) => sum + value, 0) / hours.length
  return { completedByDay, due, late, averageHours, medianHours: middleOf(hours) }
}
