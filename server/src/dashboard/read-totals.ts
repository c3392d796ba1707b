import { priorities, type Priority, type PriorityTotals, type Stats } from '@taskwell/api'
import { addDays, type Calendar } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { accountGone } from '../errors.ts'
import { daysInQuestion } from '../tasks/index.ts'
import { type DueDays, selectCounts, selectDue } from './queries.ts'
import { yieldToOthers } from './yield-to-others.ts'

/** How many tasks there are now, as the lists have them, and the revision of which that is true. */
export async function readTotals(
  db: Database,
  spaceId: string,
  calendar: Calendar,
): Promise<Pick<Stats, 'totals' | 'byPriority' | 'revision'>> {
  const days = daysInQuestion(calendar)
  const {
    revision,
    counts: json,
    ...overdue
  } = await selectCounts(db, spaceId, days).executeTakeFirstOrThrow(accountGone)
  const counts: Count[] = JSON.parse(json ?? '[]')
  const due = { today: 0, week: 0 }
  for (const part of partsOf(days, counts)) {
    const found = await selectDue(db, spaceId, calendar, part).executeTakeFirstOrThrow()
    due.today += found.today
    due.week += found.week
    for (const priority of priorities) overdue[priority] += found[priority]
    await yieldToOthers()
  }
  const kept = (figure: string, priority: Priority) =>
    counts.find(([number, name]) => name === figure && number === priorityNumbers[priority])?.[2] ?? 0
  const ofPriority = (priority: Priority): PriorityTotals => {
    const [total, completed] = [kept('total', priority), kept('completed', priority)]
    return { total, completed, pending: total - completed, overdue: overdue[priority] }
  }
  const byPriority = { high: ofPriority('high'), medium: ofPriority('medium'), low: ofPriority('low') }
  const sum = (count: (priority: Priority) => number) =>
    priorities.reduce((total, priority) => total + count(priority), 0)
  return {
    revision,
    totals: {
      total: sum((priority) => byPriority[priority].total),
      completed: sum((priority) => byPriority[priority].completed),
      pending: sum((priority) => byPriority[priority].pending),
      overdue: sum((priority) => byPriority[priority].overdue),
      dueToday: due.today,
      dueThisWeek: due.week,
      noDueDate: sum((priority) => kept('undated', priority)),
    },
    byPriority,
  }
}

type Count = readonly [priority: number, figure: string, count: number]

const priorityNumbers = { high: 1, medium: 2, low: 3 } as const

/** How many tasks one statement looks at, unless more are due on one day. */
const tasksAtOnce = 10_000

/** The days, in parts that can be counted in a short time. None are left out: there may be zones in which it matters. */
function partsOf({ from, to }: DueDays, counts: readonly Count[]): DueDays[] {
  const dueOn = (day: string) => counts.reduce((sum, [, figure, count]) => (figure === day ? sum + count : sum), 0)
  const parts: DueDays[] = []
  let [first, tasks] = [from, 0]
  for (let day = from; day < to; day = addDays(day, 1)) {
    tasks += dueOn(day)
    if (tasks + dueOn(addDays(day, 1)) <= tasksAtOnce) continue
    parts.push({ from: first, to: day })
    ;[first, tasks] = [addDays(day, 1), 0]
  }
  return [...parts, { from: first, to }]
}
