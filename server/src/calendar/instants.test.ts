import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayIn, dayWindow, dueInstant, parseInstant } from './index.ts'

describe('an instant', () => {
  test.each([
    ['2026-11-23T09:30:00Z', '2026-11-23T09:30:00.000Z'],
    ['2026-11-23t09:30:00z', '2026-11-23T09:30:00.000Z'],
    ['2026-11-23T09:30:00.1+01:00', '2026-11-23T08:30:00.100Z'],
    ['2026-11-23T09:30:00.9999999999999999999999-00:00', '2026-11-23T09:30:00.999Z'],
    ['2026-11-23T00:15:00+05:45', '2026-11-22T18:30:00.000Z'],
    ['2026-12-31T23:59:59-23:59', '2027-01-01T23:58:59.000Z'],
    ['1969-12-31T23:59:59.9996Z', '1969-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0000-12-31T23:00:00-01:00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('written %s is %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant)
  })

  test.each([
    '',
    '2026-11-23',
    '2026-11-23T09:30Z',
    '2026-11-23T09:30:00',
    '2026-11-23 09:30:00Z',
    '2026-11-23T09:30:00.Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T23:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-02-29T00:00:00Z',
    '2026-11-23T09:30:00+24:00',
    '2026-11-23T09:30:00+01:60',
    '2026-11-23T09:30:00+0100',
    '2026-11-23T09:30:00+01',
    '2026-11-23T09:30:00−01:00',
    '2026-11-23T09:30:00,5Z',
    '+002026-11-23T09:30:00Z',
    '2026-11-23T09:30:00Z\n',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '0000-12-31T23:59:59Z',
    '2026-11-23T09:30:00Z[UTC]',
    '２026-11-23T09:30:00Z',
    '1795426200000',
    'now',
  ])('is never written %j', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })

  test('comes back as itself', () => {
    const anyDate = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.toISOString())
      }),
    )
  })

  test('is found or refused, never thrown at, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseInstant(text) === undefined))
    expect(parseInstant(`2026-11-23T09:30:00.${'7'.repeat(200_000)}Z`)).toBe('2026-11-23T09:30:00.777Z')
  })
})

describe('a due time in a zone', () => {
  test.each([
    ['Europe/Berlin', '2026-11-23', '09:30', '2026-11-23T08:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:45:00.000Z'],
    ['Pacific/Apia', '2011-12-30', '12:00', '2011-12-30T22:00:00.000Z'],
    ['Asia/Tokyo', '0001-01-01', '00:00', '0001-01-01T00:00:00.000Z'],
    ['America/New_York', '9999-12-31', '23:59', '9999-12-31T23:59:00.000Z'],
    ['UTC', '9999-12-31', '23:59', '9999-12-31T23:59:00.000Z'],
  ])('%s %s %s is %s', (timeZone, date, time, instant) => {
    expect(dueInstant(date, time, timeZone)).toBe(instant)
  })
})

describe('a window of days', () => {
  test('begins after a midnight that the clocks skip', () => {
    expect(dayWindow('America/Santiago', '2026-09-06', '2026-09-06')).toEqual({
      start: '2026-09-06T04:00:00.000Z',
      end: '2026-09-07T03:00:00.000Z',
    })
  })

  test('is empty for a day that the zone skipped', () => {
    const { start, end } = dayWindow('Pacific/Apia', '2011-12-30', '2011-12-30')

    expect(start).toBe(end)
  })

  test('spans days in which the clocks change', () => {
    expect(dayWindow('Europe/Berlin', '2026-03-28', '2026-03-30')).toEqual({
      start: '2026-03-27T23:00:00.000Z',
      end: '2026-03-30T22:00:00.000Z',
    })
  })

  test.each(['Pacific/Kiritimati', 'UTC', 'Etc/GMT+12'])(
    'has all due instants of the last and first days in %s',
    (zone) => {
      for (const due of ['9999-12-31T23:59:00.000Z', '0001-01-01T00:00:00.000Z']) {
        const day = dayIn(zone, new Date(due))
        const { start, end } = dayWindow(zone, day, day)

        expect(start <= due && due < end).toBe(true)
      }
    },
  )
})
