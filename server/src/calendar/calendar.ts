import { addDays, dayIn } from './days.ts'
import { overdueTimes, type TimeRange } from './overdue-times.ts'
import { remember } from './remember.ts'

/** What a zone's clocks and calendar say during one minute: all that filters and statistics need of "now". */
export type Calendar = {
  readonly timeZone: string
  readonly today: string
  /** Six days after `today`. */
  readonly weekEnd: string
  /** The instant at which the minute began: a zoned time is overdue if its instant is before it. */
  readonly minute: string
  /** The wall times of `today` at which a task without a zone is overdue. */
  readonly overdueTimes: readonly Readonly<TimeRange>[]
}

/** The calendar of an IANA zone at `now`; the same object for the whole minute. */
export function calendarAt(now: Date, timeZone: string): Calendar {
  return calendarOfMinute(timeZone, Math.floor(now.getTime() / 60_000))
}

const calendarOfMinute = remember(1_000, (timeZone, minutes: number): Calendar => {
  const minute = new Date(minutes * 60_000)
  const today = dayIn(timeZone, minute)
  return {
    timeZone,
    today,
    weekEnd: addDays(today, 6),
    minute: minute.toISOString(),
    overdueTimes: overdueTimes(timeZone, today, minute.getTime()),
  }
})
