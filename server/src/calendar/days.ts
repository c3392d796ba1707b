import { Temporal } from 'temporal-polyfill'

export const firstDay = '0001-01-01'
export const lastDay = '9999-12-31'

const millisecondsADay = 86_400_000

/** Whether the text is a `YYYY-MM-DD` that the Gregorian calendar has, in the years 0001–9999. */
export function isDay(text: string): boolean {
  return isDate(text) && text >= firstDay
}

/** Like `isDay`, with the year 0000, in which an instant of year 1 can lie where clocks are behind UTC. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const midnight = Date.parse(text)
  return !Number.isNaN(midnight) && utcDay(midnight) === text
}

/** The day `count` days after `day` (before it, if negative), held within 0001-01-01…9999-12-31. */
export function addDays(day: string, count: number): string {
  const midnight = Date.parse(day) + count * millisecondsADay
  return utcDay(Math.min(Math.max(midnight, Date.parse(firstDay)), Date.parse(lastDay)))
}

/** What day it is at that instant in that IANA zone, held within 0001-01-01…9999-12-31. */
export function dayIn(timeZone: string, instant: Date): string {
  const there = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone)
  if (there.year < 1) return firstDay
  if (there.year > 9999) return lastDay
  return there.toPlainDate().toString()
}

function utcDay(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().slice(0, 10)
}
