import { expect, test } from 'vitest'
import { englishOf } from './date-locale.ts'

test.each([
  ['de-DE', 'Sat, 18:00', '30 Oct'],
  ['de', 'Sat, 18:00', '30 Oct'],
  ['fr-FR', 'Sat, 18:00', '30 Oct'],
  ['en-GB', 'Sat, 18:00', '30 Oct'],
  ['en-US', 'Sat, 6:00 PM', 'Oct 30'],
  ['pt-BR', 'Sat, 18:00', '30 Oct'],
  ['en-US@posix', 'Sat, 6:00 PM', 'Oct 30'],
  ['en', 'Sat, 6:00 PM', 'Oct 30'],
])('where the browser prefers %s, dates have English words in the manner of its region', (language, time, day) => {
  const locale = englishOf(language)
  const format = (style: Intl.DateTimeFormatOptions, date: string) =>
    new Intl.DateTimeFormat(locale, { ...style, timeZone: 'UTC' }).format(new Date(date)).replace('\u202f', ' ')
  const clock = format({ hour: 'numeric', minute: '2-digit' }, '2026-10-31T18:00Z')
  expect(`${format({ weekday: 'short' }, '2026-10-31T18:00Z')}, ${clock}`).toBe(time)
  expect(format({ day: 'numeric', month: 'short' }, '2026-10-30T00:00Z')).toBe(day)
})
