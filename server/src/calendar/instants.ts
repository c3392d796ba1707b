import { Temporal } from 'temporal-polyfill'
import { firstDay, isDate, lastDay } from './days.ts'

const firstInstant = '0001-01-01T00:00:00.000Z'
const lastInstant = '9999-12-31T23:59:59.999Z'
const lastMinute = '9999-12-31T23:59:00.000Z'

const rfc3339 =
  /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i

/**
 * An RFC 3339 date-time as `2026-11-23T09:30:00.000Z`: any offset, what is finer than a millisecond cut off.
 * Undefined if it is none or lies outside the years 0001–9999 in UTC. Leap seconds (`:60`) have no place on
 * the time scale of computers and are refused.
 */
export function parseInstant(text: string): string | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, date = '', time = '', fraction = '', sign = '+', hours = '0', minutes = '0'] = match
  if (!isDate(date)) return undefined
  const written = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  const instant = sign === '-' ? written + offset : written - offset
  return isWithinYears(instant) ? new Date(instant).toISOString() : undefined
}

/**
 * The instant at which the clocks of an IANA zone show that day and `HH:MM`, held within
 * 0001-01-01T00:00:00.000Z…9999-12-31T23:59:00.000Z. A time that the clocks skip is as much later as they
 * skip; of a time that they show twice it is the earlier.
 */
export function dueInstant(date: string, time: string, timeZone: string): string {
  return toInstant(epochOfWallTime(date, time, timeZone), lastMinute)
}

/** `dueInstant` in milliseconds since 1970, without the limits. */
export function epochOfWallTime(date: string, time: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds
}

/**
 * The instants of the days `fromDay` to `toDay`, both included, in an IANA zone: from `start`, before `end`.
 * The first and the last day of the calendar reach to its limits, as they do for `dayIn`.
 */
export function dayWindow(timeZone: string, fromDay: string, toDay: string): { start: string; end: string } {
  return {
    start: fromDay === firstDay ? firstInstant : toInstant(epochOfDay(timeZone, fromDay)),
    end: toDay === lastDay ? lastInstant : toInstant(epochOfDay(timeZone, toDay, 1)),
  }
}

/** When the day begins in an IANA zone, in milliseconds since 1970. */
export function epochOfDay(timeZone: string, day: string, daysLater = 0): number {
  return Temporal.PlainDate.from(day).add({ days: daysLater }).toZonedDateTime(timeZone).epochMilliseconds
}

function toInstant(epochMilliseconds: number, last = lastInstant): string {
  const withinLimits = Math.min(Math.max(epochMilliseconds, Date.parse(firstInstant)), Date.parse(last))
  return new Date(withinLimits).toISOString()
}

function isWithinYears(epochMilliseconds: number): boolean {
  return epochMilliseconds >= Date.parse(firstInstant) && epochMilliseconds <= Date.parse(lastInstant)
}
