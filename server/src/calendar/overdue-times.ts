import { dayClock, wallTime } from './day-clock.ts'

/** Wall times `HH:MM`, both included. */
export type TimeRange = { from: string; to: string }

/**
 * The wall times of `day` in an IANA zone whose instant, as `dueInstant` has it, is before `minute`
 * (milliseconds since 1970), in as few ranges as possible.
 */
export function overdueTimes(timeZone: string, day: string, minute: number): readonly TimeRange[] {
  const { change, before, after } = dayClock(timeZone, day)
  const passed = (zero: number) => Math.ceil((minute - zero) / 60_000)
  const [first, second] = [Math.min(passed(before), change), Math.min(passed(after), minutesADay)]
  if (first === change && second > change) return [rangeOf(0, second)]
  return [...(first > 0 ? [rangeOf(0, first)] : []), ...(second > change ? [rangeOf(change, second)] : [])]
}

const minutesADay = 1_440

/** From a minute of the day to the one before `end`. */
function rangeOf(from: number, end: number): TimeRange {
  return { from: wallTime(from), to: wallTime(end - 1) }
}
