import { priorities, type PriorityTotals, type Stats } from '@taskwell/api'
import type { Calendar } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { yieldToOthers } from './yield-to-others.ts'
import { countDue, countOverdue, listCounts } from './queries.ts'

const priorityNumbers = { high: 1, medium: 2, low: 3 } as const

/** How many tasks there are now, as the lists have them. */
export async function readTotals(
  db: Database,
  spaceId: string,
  calendar: Calendar,
): Promise<Pick<Stats, 'totals' | 'byPriority'>> {
  const rows = await listCounts(db, spaceId)
  const overdue = await countOverdue(db, spaceId, calendar)
  await yieldToOthers()
  const dueToday = await countDue(db, spaceId, 'today', calendar)
  const dueThisWeek = await countDue(db, spaceId, 'week', calendar)
  const ofPriority = (priority: (typeof priorities)[number]): PriorityTotals => {
    const { total, completed } = rows.find((row) => row.priority === priorityNumbers[priority]) ?? noTasks
    return { total, completed, pending: total - completed, overdue: overdue[priority] }
  }
  const byPriority = { high: ofPriority('high'), medium: ofPriority('medium'), low: ofPriority('low') }
  const sum = (figure: keyof PriorityTotals) =>
    priorities.reduce((total, priority) => total + byPriority[priority][figure], 0)
  return {
    totals: {
      total: sum('total'),
      completed: sum('completed'),
      pending: sum('pending'),
      overdue: sum('overdue'),
      dueToday,
      dueThisWeek,
      noDueDate: rows.reduce((total, { undated }) => total + undated, 0),
    },
    byPriority,
  }
}

const noTasks = { total: 0, completed: 0 }
