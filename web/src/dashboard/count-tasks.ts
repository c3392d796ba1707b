import { priorities, type Priority, type Task } from '@taskwell/api'
import type { Clock } from '../tasks/clock.ts'
import { isDue, isOverdue } from '../tasks/due.ts'

export interface Totals {
  readonly total: number
  readonly completed: number
  readonly pending: number
  readonly overdue: number
  readonly dueToday: number
  readonly dueThisWeek: number
  readonly noDueDate: number
}

/** The figures of the dashboard that a copy of the tasks is enough for, by the definitions of the API. */
export function countTasks(tasks: Iterable<Task>, clock: Clock): { all: Totals; byPriority: Record<Priority, Totals> } {
  const live = [...tasks].filter((task) => task.deletedAt === null)
  const count = (of: (task: Task) => boolean, from: readonly Task[]) => from.filter(of).length
  const totals = (from: readonly Task[]): Totals => ({
    total: from.length,
    completed: count((task) => task.completed, from),
    pending: count((task) => !task.completed, from),
    overdue: count((task) => isOverdue(task, clock), from),
    dueToday: count((task) => isDue(task, 'today', clock), from),
    dueThisWeek: count((task) => isDue(task, 'week', clock), from),
    noDueDate: count((task) => !task.completed && task.dueDate === null, from),
  })
  const [high, medium, low] = priorities.map((name) => totals(live.filter(({ priority }) => priority === name)))
  const none = totals([])
  return { all: totals(live), byPriority: { high: high ?? none, medium: medium ?? none, low: low ?? none } }
}
