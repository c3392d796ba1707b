import type { Stats, Task } from '@taskwell/api'
import { Temporal } from 'temporal-polyfill'
import { wallClock } from '../../src/calendar/intl-oracle.ts'

/** What the tests compare with: the contract's words about the past, task by task, each day read from plain Intl. */
export function naivePast(
  tasks: readonly Task[],
  { now, timeZone, days }: { now: Date; timeZone: string; days: number },
): Pick<Stats, 'activity' | 'performance'> {
  const dayOf = (instant: string) => wallClock(timeZone, Date.parse(instant)).slice(0, 10)
  const today = Temporal.PlainDate.from(dayOf(now.toISOString()))
  const ago = (count: number) => today.subtract({ days: count }).toString()
  const completed = tasks.filter((task) => task.completedAt !== null)
  const completedOn = (day: string) => completed.filter((task) => dayOf(task.completedAt ?? '') === day)
  const createdOn = (day: string) => tasks.filter((task) => dayOf(task.createdAt) === day)
  const window = Array.from({ length: days }, (_, index) => ago(days - 1 - index))
  const createdInWindow = window.flatMap(createdOn)
  const completedInWindow = window.flatMap(completedOn)
  const due = completedInWindow.filter((task) => task.dueDate !== null)
  const onTime = due.filter((task) => !isLate(task, timeZone, dayOf(task.completedAt ?? '')))
  const hours = completedInWindow
    .map((task) => (Date.parse(task.completedAt ?? '') - Date.parse(task.createdAt)) / 3_600_000)
    .toSorted((a, b) => a - b)
  const middle = (hours[Math.floor((hours.length - 1) / 2)] ?? 0) + (hours[Math.ceil((hours.length - 1) / 2)] ?? 0)
  const sevenDays = (from: number) => Array.from({ length: 7 }, (_, index) => ago(from + index)).flatMap(completedOn)
  return {
    activity: window.map((date) => ({
      date,
      created: createdOn(date).length,
      completed: completedOn(date).length,
    })),
    performance: {
      completionRate: share(createdInWindow.filter((task) => task.completedAt !== null).length, createdInWindow.length),
      onTimeRate: share(onTime.length, due.length),
      averageHoursToComplete: hours.length === 0 ? null : hours.reduce((a, b) => a + b, 0) / hours.length,
      medianHoursToComplete: hours.length === 0 ? null : middle / 2,
      completedLast7Days: sevenDays(0).length,
      completedPrevious7Days: sevenDays(7).length,
      ...streaks(new Set(completed.map((task) => dayOf(task.completedAt ?? ''))), today),
    },
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

/** By the list's rule of what is overdue, at the moment of completion. */
function isLate(task: Task, timeZone: string, day: string): boolean {
  const { completedAt, dueDate, dueTime, dueTimeZone } = task
  const minute = Math.floor(Date.parse(completedAt ?? '') / 60_000) * 60_000
  const dueAt = (zone: string) =>
    Temporal.PlainDateTime.from(`${dueDate}T${dueTime ?? '00:00'}`).toZonedDateTime(zone).epochMilliseconds
  if (dueTimeZone !== null) return dueAt(dueTimeZone) < minute
  if ((dueDate ?? '') !== day) return (dueDate ?? '') < day
  return dueTime !== null && dueAt(timeZone) < minute
}

function streaks(days: ReadonlySet<string>, today: Temporal.PlainDate) {
  const lengthUpTo = (day: Temporal.PlainDate): number =>
    days.has(day.toString()) ? 1 + lengthUpTo(day.subtract({ days: 1 })) : 0
  return {
    currentStreakDays: lengthUpTo(days.has(today.toString()) ? today : today.subtract({ days: 1 })),
    longestStreakDays: Math.max(0, ...[...days].map((day) => lengthUpTo(Temporal.PlainDate.from(day)))),
  }
}
