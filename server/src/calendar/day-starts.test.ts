import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { clockChanges } from './day-starts.ts'
import { timeZoneNames } from './time-zone-names.ts'

describe('the changes of clocks', () => {
  test.each([
    'Africa/Casablanca',
    'Africa/Cairo',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/Caracas',
    'Asia/Gaza',
  ])('in %s are those that Temporal finds', (timeZone) => {
    for (let year = 1994; year < 2032; year++)
      expect([year, ...clockChanges(timeZone, year)]).toEqual([year, ...changesOf(timeZone, year)])
  })

  test('leave all zones whole quarters of an hour from UTC, since before anything was completed', () => {
    const quarter = 900_000_000_000
    for (const timeZone of timeZoneNames) {
      for (const year of [2000, 2012, 2026, 2040]) {
        const there = Temporal.Instant.from(`${year}-01-15T00:00Z`).toZonedDateTimeISO(timeZone)
        expect([timeZone, Math.abs(there.offsetNanoseconds) % quarter]).toEqual([timeZone, 0])
      }
    }
  })
})

function changesOf(timeZone: string, year: number): number[] {
  const changes: number[] = []
  let place = Temporal.Instant.from(`${year}-01-01T00:00Z`).subtract({ milliseconds: 1 }).toZonedDateTimeISO(timeZone)
  for (;;) {
    const next = place.getTimeZoneTransition('next')
    if (!next || next.epochMilliseconds >= Date.UTC(year + 1, 0)) return changes
    changes.push(next.epochMilliseconds)
    place = next
  }
}
