import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarAt, dayWindow, dueInstant } from './index.ts'
import { timeZoneNames } from './time-zone-names.ts'

describe('a calendar', () => {
  test('has six more days in its week, over the end of a year too', () => {
    expect(calendarAt(new Date('2026-12-29T12:00:00Z'), 'Europe/Berlin')).toEqual({
      timeZone: 'Europe/Berlin',
      today: '2026-12-29',
      weekEnd: '2027-01-04',
      minute: '2026-12-29T12:00:00.000Z',
      overdueTimes: [{ from: '00:00', to: '12:59' }],
    })
  })

  test('has 09:00 overdue from 09:01 on, not before', () => {
    const at = (time: string) => calendarAt(new Date(`2026-11-23T${time}Z`), 'UTC').overdueTimes

    expect(at('00:00:59.999')).toEqual([])
    expect(at('09:00:59.999')).toEqual([{ from: '00:00', to: '08:59' }])
    expect(at('09:01:00.000')).toEqual([{ from: '00:00', to: '09:00' }])
  })

  test('has the skipped hour overdue together with the one into which it falls', () => {
    expect(calendarAt(new Date('2026-03-29T01:30:00Z'), 'Europe/Berlin').overdueTimes).toEqual([
      { from: '00:00', to: '02:29' },
      { from: '03:00', to: '03:29' },
    ])
  })

  test('has the whole repeated hour overdue while it repeats', () => {
    expect(calendarAt(new Date('2026-10-25T01:10:00Z'), 'Europe/Berlin').overdueTimes).toEqual([
      { from: '00:00', to: '02:59' },
    ])
  })

  test('is the same object during a minute, and another in the next and elsewhere', () => {
    const first = calendarAt(new Date('2026-11-23T09:30:00.000Z'), 'Asia/Tokyo')

    expect(calendarAt(new Date('2026-11-23T09:30:59.999Z'), 'Asia/Tokyo')).toBe(first)
    expect(calendarAt(new Date('2026-11-23T09:31:00.000Z'), 'Asia/Tokyo')).not.toBe(first)
    expect(calendarAt(new Date('2026-11-23T09:30:00.000Z'), 'Asia/Seoul')).not.toBe(first)
  })

  test('agrees with the due instants at any moment in any zone', () => {
    fc.assert(
      fc.property(anyZone(), anyMoment(), anyTime(), (timeZone, now, time) => {
        const calendar = calendarAt(now, timeZone)
        const isOver = dueInstant(calendar.today, time, timeZone) < calendar.minute

        expect(calendar.overdueTimes.some(({ from, to }) => from <= time && time <= to)).toBe(isOver)
      }),
      { numRuns: 3_000 },
    )
  })

  test('has today’s window around its minute, at any moment in any zone', () => {
    fc.assert(
      fc.property(anyZone(), anyMoment(), (timeZone, now) => {
        const { today, minute } = calendarAt(now, timeZone)
        const { start, end } = dayWindow(timeZone, today, today)

        expect(start <= minute && minute < end).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })
})

function anyZone(): fc.Arbitrary<string> {
  return fc.constantFrom(...timeZoneNames)
}

function anyMoment(): fc.Arbitrary<Date> {
  return fc.date({ min: new Date('2012-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
}

function anyTime(): fc.Arbitrary<string> {
  return fc.nat(1439).map((time) => new Date(time * 60_000).toISOString().slice(11, 16))
}
