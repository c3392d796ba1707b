import { Temporal } from 'temporal-polyfill'
import { addDays } from './days.ts'
import { epochOfDay } from './instants.ts'
import { remember } from './remember.ts'

const millisecondsADay = 86_400_000

/**
 * When each of `count` days begins in an IANA zone, in milliseconds since 1970, from `firstDay` on. A day that a zone
 * skipped begins when the next one does.
 */
export function dayStarts(timeZone: string, firstDay: string, count: number): number[] {
  const first = Date.parse(firstDay)
  let offset: number | undefined
  return Array.from({ length: count }, (_, index) => {
    const midnight = first + index * millisecondsADay
    const isNearChange = clocksChangeWithin(timeZone, midnight - 2 * millisecondsADay, midnight + 2 * millisecondsADay)
    if (isNearChange || offset === undefined) {
      const start = epochOfDay(timeZone, addDays(firstDay, index))
      offset = isNearChange ? undefined : midnight - start
      return start
    }
    return midnight - offset
  })
}

/** Asking a zone for its offset day by day would take longer than all else that statistics do. */
function clocksChangeWithin(timeZone: string, from: number, to: number): boolean {
  const [first, last] = [new Date(from).getUTCFullYear(), new Date(to).getUTCFullYear()]
  const isWithin = (change: number) => change >= from && change <= to
  return clockChanges(timeZone, first).some(isWithin) || (last !== first && clockChanges(timeZone, last).some(isWithin))
}

/** When the clocks of a zone change in a year of UTC. */
const clockChanges = remember(20_000, (timeZone, year: number): readonly number[] => {
  const begin = new Date(0).setUTCFullYear(year, 0, 1)
  const end = new Date(0).setUTCFullYear(year + 1, 0, 1)
  const changes: number[] = []
  let place: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(begin - 1).toZonedDateTimeISO(
    timeZone,
  )
  while ((place = place.getTimeZoneTransition('next')) && place.epochMilliseconds < end) {
    changes.push(place.epochMilliseconds)
  }
  return changes
})
