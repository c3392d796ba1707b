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

/** When the clocks of a zone show that day and `HH:MM`, as `dueInstant` has it, in milliseconds since 1970. */
export function floatingEpoch(timeZone: string, day: string, time: string): number {
  const midnight = plainMidnight(timeZone, day)
  if (midnight === null) return floatingEpochNearChange(timeZone, `${day} ${time}`)
  return midnight + (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * 60_000
}

/** When a day begins on which every minute follows the one before. */
const plainMidnight = remember(2_000, (timeZone, day: string): number | null => {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(timeZone)
  return clocksChangeNear(midnight) ? null : midnight.epochMilliseconds
})

const floatingEpochNearChange = remember(2_000, (timeZone, dayAndTime: string) =>
  epochOfWallTime(dayAndTime.slice(0, 10), dayAndTime.slice(11), timeZone),
)

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
