import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, dayIn, isDay } from './index.ts'

describe('a day', () => {
  test.each(['2026-11-23', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31', '0400-02-29'])(
    'can be %s',
    (day) => {
      expect(isDay(day)).toBe(true)
    },
  )

  test.each([
    '',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
    '0000-12-31',
    '2026-1-1',
    '26-01-01',
    '+002026-01-01',
    '-000001-01-01',
    '10000-01-01',
    '2026-01-01T00:00',
    ' 2026-01-01',
    '2026-01-01\n',
    '20260101',
    '2026/01/01',
    '２０２６-01-01',
    '2026-01',
    'today',
  ])('cannot be %j', (text) => {
    expect(isDay(text)).toBe(false)
  })

  test('is what comes that many days later or earlier', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28')
    expect(addDays('0099-12-31', 1)).toBe('0100-01-01')
  })

  test('stays within the years 0001–9999', () => {
    expect(addDays('9999-12-31', 1)).toBe('9999-12-31')
    expect(addDays('0001-01-03', -3)).toBe('0001-01-01')
    expect(addDays('2026-01-01', 1e15)).toBe('9999-12-31')
    expect(addDays('2026-01-01', -1e300)).toBe('0001-01-01')
    expect(dayIn('Pacific/Kiritimati', new Date('9999-12-31T23:59:59.999Z'))).toBe('9999-12-31')
    expect(dayIn('America/New_York', new Date('0001-01-01T00:00:00.000Z'))).toBe('0001-01-01')
  })

  test('is found again by going forth and back', () => {
    const day = fc.date({ min: new Date('0100-01-01'), max: new Date('9900-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(day, fc.integer({ min: -30_000, max: 30_000 }), (date, count) => {
        const from = date.toISOString().slice(0, 10)
        const to = addDays(from, count)

        expect(isDay(to)).toBe(true)
        expect(addDays(to, -count)).toBe(from)
        expect(to > from).toBe(count > 0)
      }),
    )
  })

  test('is as long as midnight to midnight, to the millisecond', () => {
    expect(dayIn('Asia/Kathmandu', new Date('2026-11-23T18:14:59.999Z'))).toBe('2026-11-23')
    expect(dayIn('Asia/Kathmandu', new Date('2026-11-23T18:15:00.000Z'))).toBe('2026-11-24')
    expect(dayIn('America/New_York', new Date('1969-12-31T23:59:59.999Z'))).toBe('1969-12-31')
  })
})
