/** What the tests compare with: wall clocks read minute by minute from plain Intl, without any date arithmetic. */

const minute = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()
const daysRead = new Map<string, OracleDay>()

/** `2026-11-23T09:30`, as the clocks of the zone show. */
export function wallClock(timeZone: string, epoch: number): string {
  const format = formats.get(timeZone) ?? newFormat(timeZone)
  formats.set(timeZone, format)
  return format.format(epoch).replace(', ', 'T')
}

export type OracleDay = {
  /** The instant of every wall time of the day: the earliest, or where the clocks skip it, that much later. */
  instants: ReadonlyMap<string, number>
  /** The first instant that belongs to the day, or to a later one if the zone skipped the day. */
  start: number
  /** The same of the day after it. */
  end: number
  /** Every minute at which the clocks jump, seen from some hours before the day to some hours after. */
  jumps: readonly number[]
}

export function readDay(timeZone: string, day: string): OracleDay {
  const known = daysRead.get(`${timeZone} ${day}`) ?? readClocks(timeZone, day)
  daysRead.set(`${timeZone} ${day}`, known)
  return known
}

function readClocks(timeZone: string, day: string): OracleDay {
  const midnight = Date.parse(day)
  const read = new Map<string, number>()
  const instants = new Map<string, number>()
  const jumps: number[] = []
  const nextDay = new Date(midnight + 24 * 60 * minute).toISOString().slice(0, 10)
  let [start, end] = [Infinity, Infinity]
  const begin = midnight - 26 * 60 * minute
  let expected = asUtc(wallClock(timeZone, begin))
  for (let epoch = begin; epoch < midnight + 38 * 60 * minute; epoch += minute) {
    const wall = wallClock(timeZone, epoch)
    const shown = asUtc(wall)
    if (shown !== expected) jumps.push(epoch)
    for (let skipped = expected, late = 0; skipped < shown; skipped += minute, late += minute)
      keepFirst(read, new Date(skipped).toISOString().slice(0, 16), epoch + late)
    keepFirst(read, wall, epoch)
    if (wall.slice(0, 10) >= day) start = Math.min(start, epoch)
    if (wall.slice(0, 10) >= nextDay) end = Math.min(end, epoch)
    expected = shown + minute
  }
  for (let time = midnight; time < midnight + 24 * 60 * minute; time += minute) {
    const wall = new Date(time).toISOString().slice(0, 16)
    instants.set(wall.slice(11), read.get(wall) ?? NaN)
  }
  return { instants, start, end, jumps }
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
}

function keepFirst(read: Map<string, number>, wall: string, epoch: number): void {
  if (!read.has(wall)) read.set(wall, epoch)
}

function asUtc(wall: string): number {
  return Date.parse(`${wall}Z`)
}
