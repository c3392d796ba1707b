/** The present moment as the user sees it, exact to the minute. */
export interface Clock {
  /** IANA */
  readonly timeZone: string
  readonly today: string
  /** Today and the six days after it. */
  readonly weekEnd: string
  /** Beginning of the present minute, milliseconds since 1970. */
  readonly minute: number
}

const day = 86_400_000

export function readClock(timeZone: string, now: number): Clock {
  const today = wallTime(now, timeZone).slice(0, 10)
  return { timeZone, today, weekEnd: addDays(today, 6), minute: now - (now % 60_000) }
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * day).toISOString().slice(0, 10)
}

/** Days from `from` to `to`, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / day)
}

/** When a clock in the zone shows this. What is skipped in spring is later, what comes twice in autumn is the first. */
export function instantOf(date: string, time: string, timeZone: string): number {
  const written = Date.parse(`${date}T${time}Z`)
  const before = written - offsetOf(written - day, timeZone)
  const after = written - offsetOf(written + day, timeZone)
  const fitting = [before, after].filter((instant) => instant + offsetOf(instant, timeZone) === written)
  return fitting.length > 0 ? Math.min(...fitting) : before
}

/** The day that a clock in the zone shows then. */
export function dayOf(instant: number, timeZone: string): string {
  return wallTime(instant, timeZone).slice(0, 10)
}

/** Milliseconds that the zone is ahead of UTC then. */
export function offsetOf(instant: number, timeZone: string): number {
  const whole = instant - (instant % 1000)
  return Date.parse(`${wallTime(whole, timeZone)}Z`) - whole
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** `2026-11-23T09:30:00` */
function wallTime(instant: number, timeZone: string): string {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(timeZone, format)
  }
  return format.format(instant).replace(', ', 'T')
}
