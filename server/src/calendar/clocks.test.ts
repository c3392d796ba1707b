import { describe, expect, test } from 'vitest'
import { calendarAt, dayIn, dayWindow, dueInstant, type Calendar } from './index.ts'
import { readDay, wallClock } from './intl-oracle.ts'

const minute = 60_000
const allTimes = Array.from({ length: 1440 }, (_, time) => new Date(time * minute).toISOString().slice(11, 16))

/** Days on which the clocks change at an odd time or by an odd amount, those beside them, and plain ones. */
const days: [timeZone: string, ...days: string[]][] = [
  ['UTC', '2026-11-23', '2024-02-29'],
  ['Etc/GMT+12', '2026-11-23'],
  ['Africa/Cairo', '2026-04-24', '2026-10-29'],
  ['Africa/Casablanca', '2026-02-15', '2026-03-22'],
  ['Africa/El_Aaiun', '1976-05-01'],
  ['America/Asuncion', '2024-03-23', '2024-03-24', '2023-10-01'],
  ['America/Boa_Vista', '2000-10-08', '2000-10-14', '2000-10-15'],
  ['America/Caracas', '2016-05-01', '2007-12-09'],
  ['America/Havana', '2026-03-08', '2026-11-01', '2026-10-31'],
  ['America/New_York', '2026-03-07', '2026-03-08', '2026-03-09', '2026-11-01', '2026-11-02'],
  ['America/Nuuk', '2026-03-28', '2026-10-24', '2026-10-25'],
  ['America/Phoenix', '2026-07-01'],
  ['America/Santiago', '2026-04-04', '2026-04-05', '2026-09-06'],
  ['America/Sao_Paulo', '2018-02-17', '2018-11-04'],
  ['America/St_Johns', '2010-03-14', '2010-11-06', '2010-11-07', '2026-11-01'],
  ['Antarctica/Troll', '2026-03-29', '2026-10-25'],
  ['Asia/Amman', '2022-02-25', '2021-10-29'],
  ['Asia/Beirut', '2026-03-29', '2026-10-24', '2026-10-25'],
  ['Asia/Gaza', '2026-03-28', '2026-10-31'],
  ['Asia/Kathmandu', '2026-11-23', '1986-01-01'],
  ['Asia/Kolkata', '2026-11-23'],
  ['Asia/Pyongyang', '2015-08-15', '2018-05-04'],
  ['Asia/Tehran', '2022-03-22', '2022-09-21'],
  ['Asia/Tokyo', '2026-11-23'],
  ['Atlantic/Azores', '2026-03-29', '2026-10-25'],
  ['Australia/Eucla', '2026-11-23'],
  ['Australia/Lord_Howe', '2026-04-05', '2026-10-04'],
  ['Europe/Berlin', '2026-03-29', '2026-10-25', '2026-11-23'],
  ['Europe/Dublin', '2026-03-29', '2026-10-25'],
  ['Europe/Istanbul', '2016-09-07'],
  ['Europe/London', '2026-03-29', '2026-10-25'],
  ['Europe/Moscow', '2014-10-26', '2011-03-27'],
  ['Pacific/Apia', '2011-12-29', '2011-12-30', '2011-12-31', '2012-01-01'],
  ['Pacific/Chatham', '2026-04-05', '2026-09-27'],
  ['Pacific/Kiritimati', '1994-12-30', '1994-12-31', '1995-01-01', '2026-11-23'],
  ['Pacific/Kwajalein', '1993-08-20', '1993-08-21', '1993-08-22'],
]

describe.each(days)('the clocks of %s', (timeZone, ...days) => {
  test.each(days)('give every time of %s the instant at which they show it', (day) => {
    const oracle = readDay(timeZone, day)
    const due = [...oracle.instants.keys()].map((time) => [time, Date.parse(dueInstant(day, time, timeZone))])

    expect(due).toEqual([...oracle.instants])
  })

  test.each(days)('begin %s where its window does', (day) => {
    const { start, end } = readDay(timeZone, day)

    expect(dayWindow(timeZone, day, day)).toEqual({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
    })
  })

  test.each(days)('tell on %s what day it is and which times of it are over', (day) => {
    const { start, jumps, instants } = readDay(timeZone, day)
    const edges = [start, ...jumps, ...instants.values()].filter((_, index) => index < 3 || index % 293 === 0)
    const moments = edges.flatMap((edge) => [-61_000, -1, 0, 1, 59_999, 60_000, 3_600_000].map((by) => edge + by))

    for (const moment of moments) {
      const now = new Date(moment)
      const calendar = calendarAt(now, timeZone)
      const today = wallClock(timeZone, moment).slice(0, 10)

      expect(dayIn(timeZone, now)).toBe(today)
      expect(calendar).toMatchObject({ timeZone, today, minute: now.toISOString().slice(0, 16) + ':00.000Z' })
      expect(`${moment} ${timesIn(calendar).join()}`).toBe(`${moment} ${timesOver(timeZone, today, moment).join()}`)
      expectNoneToTouch(calendar.overdueTimes)
    }
  })
})

function timesIn(calendar: Calendar): string[] {
  return allTimes.filter((time) => calendar.overdueTimes.some(({ from, to }) => from <= time && time <= to))
}

function timesOver(timeZone: string, today: string, now: number): string[] {
  const begun = now - (((now % minute) + minute) % minute)
  return [...readDay(timeZone, today).instants].filter(([, instant]) => instant < begun).map(([time]) => time)
}

function expectNoneToTouch(ranges: Calendar['overdueTimes']): void {
  const at = (time: string) => allTimes.indexOf(time)
  let end = -2
  for (const { from, to } of ranges) {
    expect(at(from)).toBeGreaterThan(end + 1)
    expect(at(to)).toBeGreaterThanOrEqual(at(from))
    end = at(to)
  }
}
