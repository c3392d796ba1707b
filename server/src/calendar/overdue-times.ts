import { Temporal } from 'temporal-polyfill'
import { epochOfWallTime } from './instants.ts'
import { remember } from './remember.ts'

/** Wall times `HH:MM`, both included. */
export type TimeRange = { from: string; to: string }

const wallTimes = Array.from({ length: 24 * 60 }, (_, minute) => wallTime(minute))

/**
 * The wall times of `day` in an IANA zone whose instant, as `dueInstant` has it, is before `minute`
 * (milliseconds since 1970), in as few ranges as possible.
 */
export function overdueTimes(timeZone: string, day: string, minute: number): readonly TimeRange[] {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(timeZone)
  if (!clocksChangeNear(midnight)) {
    const passed = Math.ceil((minute - midnight.epochMilliseconds) / 60_000)
    return rangesWhere((index) => index < passed)
  }
  const epochs = epochsOfDay(timeZone, day)
  return rangesWhere((index) => (epochs[index] ?? Infinity) < minute)
}

/** No zone has changed its clocks twice within three days since 1970, so a change shows at their ends. */
function clocksChangeNear(midnight: Temporal.ZonedDateTime): boolean {
  const before = midnight.subtract({ hours: 24 })
  const after = midnight.add({ hours: 48 })
  return before.offsetNanoseconds !== after.offsetNanoseconds
}

const epochsOfDay = remember(200, (timeZone, day: string) =>
  Float64Array.from(wallTimes, (time) => epochOfWallTime(day, time, timeZone)),
)

function rangesWhere(hasPassed: (index: number) => boolean): TimeRange[] {
  const ranges: TimeRange[] = []
  let open: TimeRange | undefined
  wallTimes.forEach((time, index) => {
    if (!hasPassed(index)) open = undefined
    else if (open) open.to = time
    else ranges.push((open = { from: time, to: time }))
  })
  return ranges
}

function wallTime(minuteOfDay: number): string {
  return new Date(minuteOfDay * 60_000).toISOString().slice(11, 16)
}
