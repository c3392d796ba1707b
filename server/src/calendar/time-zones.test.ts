import { describe, expect, test } from 'vitest'
import { calendarAt, findTimeZone } from './index.ts'
import { timeZoneNames } from './time-zone-names.ts'

describe('a time zone', () => {
  test.each([
    ['asia/kolkata', 'Asia/Kolkata'],
    ['ASIA/CALCUTTA', 'Asia/Calcutta'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
    ['Europe/Kiev', 'Europe/Kiev'],
    ['us/pacific', 'US/Pacific'],
    ['utc', 'UTC'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
    ['AMERICA/ARGENTINA/COMODRIVADAVIA', 'America/Argentina/ComodRivadavia'],
    ['gmt', 'GMT'],
    ['est5edt', 'EST5EDT'],
  ])('named %s is %s', (name, zone) => {
    expect(findTimeZone(name)).toBe(zone)
  })

  test.each([
    '',
    ' ',
    '+01:00',
    '-0530',
    'UTC+1',
    'GMT+1',
    'Z',
    'PST',
    'PDT',
    'IST',
    'ACT',
    'AST',
    'JST',
    'BST',
    'CTT',
    'VST',
    'SystemV/PST8PDT',
    'SystemV/AST4',
    'Factory',
    'factory',
    'Etc/Unknown',
    'US/Pacific-New',
    'Europe/Atlantis',
    ' UTC',
    'UTC ',
    'UTC\n',
    'Europe',
    'Europe/',
    '/Europe/Berlin',
    'posix/Europe/Berlin',
    'localtime',
    'undefined',
    'Asia/\u212Aolkata',
    'constructor',
    '__proto__',
    '../Europe/Berlin',
    'A'.repeat(100_000),
  ])('is never named %j', (name) => {
    expect(findTimeZone(name)).toBeUndefined()
  })

  test('has no second one that differs by case only', () => {
    expect(new Set(timeZoneNames.map((name) => name.toLowerCase())).size).toBe(timeZoneNames.length)
  })

  test.each(timeZoneNames)('%s is known to this runtime', (name) => {
    expect(findTimeZone(name.toUpperCase())).toBe(name)
    expect(new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone).toBeTruthy()
    expect(calendarAt(new Date('2026-11-23T12:00:00Z'), name).today).toMatch(/^2026-11-2[34]$/)
  })

  test('can be any that this runtime supports', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => findTimeZone(name) !== name)).toEqual([])
  })
})
