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
  const startOf = (index: number) => epochOfDay(timeZone, addDays(firstDay, index))
  const daysUntil = (moment: number) => Math.min(Math.ceil((moment - first) / millisecondsADay), count)
  const starts: number[] = []
  for (const change of [...changesWithin(timeZone, first, first + count * millisecondsADay), Infinity]) {
    // Asking a zone for its offset day by day would take longer than all else that statistics do.
    const plainDays = daysUntil(change - 2 * millisecondsADay)
    if (starts.length < plainDays) {
      const [from, start] = [starts.length, startOf(starts.length)]
      for (let index = from; index < plainDays; index++) starts.push(start + (index - from) * millisecondsADay)
    }
    const daysNear = daysUntil(change + 2 * millisecondsADay)
    while (starts.length < daysNear) starts.push(startOf(starts.length))
  }
  return starts
}

/** When the clocks of a zone change from two days before to two days after. */
function changesWithin(timeZone: string, from: number, to: number): number[] {
  const [begin, end] = [from - 3 * millisecondsADay, to + 3 * millisecondsADay]
  const [firstYear, lastYear] = [new Date(begin).getUTCFullYear(), new Date(end).getUTCFullYear()]
  const years = Array.from({ length: lastYear - firstYear + 1 }, (_, index) => firstYear + index)
  return years.flatMap((year) => clockChanges(timeZone, year)).filter((change) => change >= begin && change <= end)
}

/**
 * When the clocks of a zone change in a year of UTC. Looking at them once a week finds all changes, since no two of a zone
 * were ever closer, and takes a fraction of the time that Temporal takes to find one.
 */
export const clockChanges = remember(20_000, (timeZone, year: number): readonly number[] => {
  const offsetAt = (moment: number) =>
    Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).offsetNanoseconds
  const lastMoment = new Date(0).setUTCFullYear(year + 1, 0, 1) - 1
  const changes: number[] = []
  let moment = new Date(0).setUTCFullYear(year, 0, 1) - 1
  let offset = offsetAt(moment)
  while (moment < lastMoment) {
    const next = Math.min(moment + 7 * millisecondsADay, lastMoment)
    const nextOffset = offsetAt(next)
    if (nextOffset !== offset) changes.push(firstWhere((later) => offsetAt(later) !== offset, moment, next))
    ;[moment, offset] = [next, nextOffset]
  }
  return changes
})

/** The first whole number after `no` for which it is so, as it is for `yes`. */
function firstWhere(isSo: (value: number) => boolean, no: number, yes: number): number {
  if (yes - no <= 1) return yes
  const middle = Math.floor((no + yes) / 2)
  return isSo(middle) ? firstWhere(isSo, no, middle) : firstWhere(isSo, middle, yes)
}
