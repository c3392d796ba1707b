import { epochOfWallTime } from './instants.ts'
import { remember } from './remember.ts'

/** How the wall times of a day become instants, as `dueInstant` has them. */
export interface DayClock {
  /** From this minute of the day on, 1440 for none, another offset holds. */
  readonly change: number
  /** When 00:00 is by the offset before the change and by the one after, in milliseconds since 1970. */
  readonly before: number
  readonly after: number
}

const minutesADay = 1_440
const millisecondsAMinute = 60_000

/** The clock of a day in an IANA zone. No zone changes its offset twice in a day. */
export const dayClock = remember(2_000, (timeZone, day: string): DayClock => {
  const zeroBy = (minute: number) => epochOfWallTime(day, wallTime(minute), timeZone) - minute * millisecondsAMinute
  const [before, after] = [zeroBy(0), zeroBy(minutesADay - 1)]
  if (before === after) return { change: minutesADay, before, after }
  let [still, changed] = [0, minutesADay - 1]
  while (changed - still > 1) {
    const middle = Math.floor((still + changed) / 2)
    if (zeroBy(middle) === before) still = middle
    else changed = middle
  }
  return { change: changed, before, after }
})

/** The minute of the day as `HH:MM`. */
export function wallTime(minute: number): string {
  return new Date(minute * millisecondsAMinute).toISOString().slice(11, 16)
}
