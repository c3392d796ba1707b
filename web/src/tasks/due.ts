import type { Task } from '@taskwell/api'
import { type Clock, dayOf, instantOf } from './clock.ts'

export type Due = 'overdue' | 'today' | 'week' | 'upcoming' | 'none' | 'any'

/** Whether a task belongs to a `due` filter, by the definitions of the API. */
export function isDue(task: Task, due: Due, clock: Clock): boolean {
  const day = dueDayOf(task, clock.timeZone)
  if (due === 'none') return day === null
  if (due === 'any') return day !== null
  if (day === null || task.completed) return false
  switch (due) {
    case 'overdue':
      return isOverdue(task, clock)
    case 'today':
      return day === clock.today
    case 'week':
      return day >= clock.today && day <= clock.weekEnd
    case 'upcoming':
      return day >= clock.today
  }
}

/** Open, and its day or its minute has passed. */
export function isOverdue(task: Task, clock: Clock): boolean {
  if (task.completed || task.dueDate === null) return false
  if (task.dueTimeZone === null) {
    if (task.dueDate !== clock.today || task.dueTime === null) return task.dueDate < clock.today
  }
  return dueInstantOf(task, clock.timeZone) < clock.minute
}

/** The day on which it is due in the zone: the written one, or that of its instant where it has a zone of its own. */
export function dueDayOf(task: Task, timeZone: string): string | null {
  if (task.dueTimeZone === null || task.dueTimeZone === timeZone) return task.dueDate
  return dayOf(dueInstantOf(task, timeZone), timeZone)
}

const zonedInstants = new WeakMap<Task, number>()

/** When it is due; without a zone of its own, in the given one. */
export function dueInstantOf(task: Task, timeZone: string): number {
  const { dueDate, dueTime, dueTimeZone } = task
  if (dueDate === null) return Number.POSITIVE_INFINITY
  if (dueTimeZone === null) return instantOf(dueDate, dueTime ?? '23:59', timeZone)
  const known = zonedInstants.get(task)
  if (known !== undefined) return known
  const instant = instantOf(dueDate, dueTime ?? '00:00', dueTimeZone)
  zonedInstants.set(task, instant)
  return instant
}
