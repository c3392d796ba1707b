import type { Task } from '@taskwell/api'
import { type Clock, daysBetween } from './clock.ts'
import { dueDayOf, dueInstantOf } from './due.ts'
import { dateLocale } from '../ui/date-locale.ts'

const formats = {
  weekday: new Intl.DateTimeFormat(dateLocale, { weekday: 'short', timeZone: 'UTC' }),
  day: new Intl.DateTimeFormat(dateLocale, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  year: new Intl.DateTimeFormat(dateLocale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
  time: new Intl.DateTimeFormat(dateLocale, { hour: 'numeric', minute: '2-digit', timeZone: 'UTC' }),
}

/** When a task is due, in the user's zone and manner; undefined without a due day. */
export function dueLabel(task: Task, clock: Clock): string | undefined {
  const day = dueDayOf(task, clock.timeZone)
  if (day === null) return undefined
  const time = timeLabel(task, clock.timeZone)
  return time === undefined ? dayLabel(day, clock.today) : `${dayLabel(day, clock.today)}, ${time}`
}

/** `Today`, `Tomorrow`, `Wed`, `3 Mar`, or with the year where it is another one. */
export function dayLabel(day: string, today: string): string {
  const distance = daysBetween(today, day)
  if (distance === 0) return 'Today'
  if (distance === 1) return 'Tomorrow'
  if (distance === -1) return 'Yesterday'
  const date = Date.parse(`${day}T00:00Z`)
  if (distance > 1 && distance < 7) return formats.weekday.format(date)
  return day.slice(0, 4) === today.slice(0, 4) ? formats.day.format(date) : formats.year.format(date)
}

/** A time of day such as `09:30` in the user's manner. */
export function formatTime(time: string): string {
  return formats.time.format(Date.parse(`2000-01-01T${time}Z`))
}

function timeLabel(task: Task, timeZone: string): string | undefined {
  if (task.dueTime === null) return undefined
  if (task.dueTimeZone === null || task.dueTimeZone === timeZone) return formatTime(task.dueTime)
  return new Intl.DateTimeFormat(dateLocale, { hour: 'numeric', minute: '2-digit', timeZone }).format(
    dueInstantOf(task, timeZone),
  )
}
