import { floatingEpoch } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { type Completion, selectCompletions } from './queries.ts'
import type { Day } from './read-past.ts'
import { middleOf } from './middle-of.ts'
import { yieldToOthers } from './yield-to-others.ts'

export interface Completions {
  readonly completedByDay: readonly number[]
  /** Of the days judged: how many had a due date, and how many of these were late. */
  readonly due: number
  readonly late: number
  readonly averageHours: number | null
  readonly medianHours: number | null
}

/** How many rows are read before others get their turn. */
const rowsAtOnce = 2_000

const millisecondsAnHour = 3_600_000

/** What was completed on the days; the last `judged` of them count for punctuality and duration. */
export async function readCompletions(
  db: Database,
  spaceId: string,
  { timeZone, days, judged }: { timeZone: string; days: readonly Day[]; judged: number },
): Promise<Completions> {
  const completedByDay = days.map(() => 0)
  const hours: number[] = []
  let [due, late, index] = [0, 0, 0]
  const span = [days[0]?.span[0] ?? 0, days.at(-1)?.span[1] ?? 0] as const
  let after: Completion | undefined
  for (;;) {
    const rows: Completion[] = await selectCompletions(db, spaceId, { span, after, limit: rowsAtOnce }).execute()
    for (const row of rows) {
      while (row.completed_ms >= (days[index]?.span[1] ?? Infinity)) index++
      completedByDay[index] = (completedByDay[index] ?? 0) + 1
      if (index < days.length - judged) continue
      hours.push((row.completed_ms - row.created_ms) / millisecondsAnHour)
      if (row.due_date === null) continue
      due++
      if (isLate(row, days[index]?.date ?? '', timeZone)) late++
    }
    after = rows.at(-1)
    if (rows.length < rowsAtOnce) break
    await yieldToOthers()
  }
  const averageHours = hours.length === 0 ? null : hours.reduce((sum, value) => sum + value, 0) / hours.length
  return { completedByDay, due, late, averageHours, medianHours: middleOf(hours) }
}

/** Whether the list would have shown the task as overdue at the moment when it was completed, on that day. */
function isLate({ completed_ms, due_date, due_time, due_ms }: Completion, day: string, timeZone: string): boolean {
  const minute = Math.floor(completed_ms / 60_000) * 60_000
  if (due_ms !== null) return due_ms < minute
  if (due_date === null || due_date > day) return false
  if (due_date < day) return true
  return due_time !== null && floatingEpoch(timeZone, day, due_time) < minute
}
