import type { TaskQuery } from '@taskwell/api'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { addDays, type Calendar, dayWindow, firstDay, lastDay } from '../calendar/index.ts'
import type { Schema } from '../database/schema.ts'

type Builder = ExpressionBuilder<Schema, 'tasks'>
type Condition = Expression<SqlBool>

/** Days, both included; an end that is left out is open. */
interface Days {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/**
 * By which column an index finds due tasks: lists by the one they are sorted by, counts by a plain one, since SQLite
 * always reads the row for a generated one. Null when it had better go by something else.
 */
export type DueColumn = 'due_up' | 'due_down' | 'due_date' | null

/** The conditions of `due`: the definitions of overdue, today and so on. Lists and statistics share them. */
export function dueConditions(
  eb: Builder,
  due: NonNullable<TaskQuery['due']>,
  calendar: Calendar,
  column: DueColumn = 'due_up',
): Condition[] {
  switch (due) {
    case 'none':
      return [column === 'due_down' ? eb('due_down', '=', '') : eb('due_up', '=', noDay)]
    case 'any':
      if (column === null) return [eb('due_date', 'is not', null)]
      return [column === 'due_down' ? eb('due_down', '>', '') : eb('due_up', '<', noDay)]
    case 'today':
    case 'week':
    case 'upcoming':
      return [isOpen(eb), ...dueWithin(eb, daysOf(due, calendar), calendar.timeZone, column)]
    case 'overdue':
      return [isOpen(eb), ...overdue(eb, calendar, column)]
  }
}

/** Between which days a task is due; of `overdue` tasks some that are due on the last are not. */
function daysOf(due: 'today' | 'week' | 'upcoming' | 'overdue', { today, weekEnd }: Calendar): Days {
  const days = {
    today: { from: today, to: today },
    week: { from: today, to: weekEnd },
    upcoming: { from: today },
    overdue: { to: today },
  }
  return days[due]
}

/** Due on one of the days: by the written date, or for a time with a zone by the day of its instant in `timeZone`. */
export function dueWithin(eb: Builder, { from, to }: Days, timeZone: string, column?: DueColumn): Condition[] {
  const window = dayWindow(timeZone, from ?? firstDay, to ?? lastDay)
  const written: Condition[] = [eb('due_at', 'is', null)]
  const zoned: Condition[] = []
  if (from !== undefined) {
    written.push(eb('due_date', '>=', from))
    zoned.push(eb('due_at', '>=', window.start))
  }
  if (to !== undefined) {
    written.push(eb('due_date', '<=', to))
    zoned.push(eb('due_at', '<', window.end))
  }
  return [...nearDays(eb, { from, to }, column), eb.or([eb.and(written), eb.and(zoned)])]
}

/** The day has passed, or the minute. Whoever has a zone of their own is late when their instant has passed. */
function overdue(eb: Builder, calendar: Calendar, column: DueColumn): Condition[] {
  const { today, minute, overdueTimes } = calendar
  const passedToday = overdueTimes.map(({ from, to }) => eb.and([eb('due_time', '>=', from), eb('due_time', '<=', to)]))
  return [
    ...nearDays(eb, daysOf('overdue', calendar), column),
    eb.or([
      eb.and([eb('due_at', 'is', null), eb('due_date', '<', today)]),
      eb.and([eb('due_at', 'is', null), eb('due_date', '=', today), eb.or(passedToday)]),
      eb('due_at', '<', minute),
    ]),
  ]
}

function isOpen(eb: Builder): Condition {
  return eb('completed_at', 'is', null)
}

/** How `due_up` writes that there is no due day. */
const noDay = '~'

/** Zones are at most 26 hours apart, so a day elsewhere is at most two days from the written one. */
const daysApart = 2

/** The written days of open tasks whose filters depend on zone and minute. All open tasks due before them are overdue. */
export function daysInQuestion({ today, weekEnd }: Calendar): { from: string; to: string } {
  return { from: addDays(today, -daysApart), to: addDays(weekEnd, daysApart) }
}

/** A range of the index that has all tasks due on these days, wherever; the exact conditions stand beside it. */
function nearDays(eb: Builder, { from, to }: Days, column: DueColumn = 'due_up'): Condition[] {
  if (column === null) return []
  const last = to === undefined ? lastDay : addDays(to, daysApart)
  return [
    eb(column, '>=', addDays(from ?? firstDay, -daysApart)),
    // Sorted, a day goes on with its times; without a day it is above or below all of these.
    eb(column, '<=', column === 'due_date' ? last : `${last}~`),
  ]
}

/** What `nearDays` is for a filter, whatever else is asked; undefined when it is about no range of days. */
export function rangeOfDays(
  eb: Builder,
  { due, dueFrom, dueTo }: Pick<TaskQuery, 'due' | 'dueFrom' | 'dueTo'>,
  calendar: Calendar,
): Condition[] | undefined {
  if (due === 'none' || due === 'any') return undefined
  if (due !== undefined) return [isOpen(eb), ...nearDays(eb, daysOf(due, calendar))]
  return dueFrom === undefined && dueTo === undefined ? undefined : nearDays(eb, { from: dueFrom, to: dueTo })
}
