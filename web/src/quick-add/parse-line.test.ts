import { describe, expect, test } from 'vitest'
import { parseLine } from './parse-line.ts'
import { loadReaders } from './readers.ts'

// A Monday.
const now = Date.parse('2026-11-23T12:00:00Z')

function parse(line: string, kept: string[] = [], timeZone = 'Europe/Berlin') {
  return parseLine(line, { timeZone, now, kept: new Set(kept), readers: [] })
}

describe('a line of quick add', () => {
  test.each([
    ['pay rent tomorrow 9:00 !high', { title: 'pay rent', dueDate: '2026-11-24', dueTime: '09:00', priority: 'high' }],
    ['water the plants', { title: 'water the plants' }],
    ['call Ada on friday at 5pm', { title: 'call Ada', dueDate: '2026-11-27', dueTime: '17:00' }],
    ['dentist 2027-03-01', { title: 'dentist', dueDate: '2027-03-01' }],
    ['report due today !3', { title: 'report', dueDate: '2026-11-23', priority: 'low' }],
    ['review in two weeks !LOW please', { title: 'review please', dueDate: '2026-12-07', priority: 'low' }],
    ['read a 5 min article', { title: 'read a 5 min article' }],
    ['tidy !highest shelf', { title: 'tidy !highest shelf' }],
  ])('%j is understood', (line, task) => {
    expect(parse(line).task).toEqual(task)
  })

  test.each([
    ['de-AT', 'Zahnarzt am Freitag um 15 Uhr', { title: 'Zahnarzt', dueDate: '2026-11-27', dueTime: '15:00' }],
    ['de', 'pay rent tomorrow 9:00', { title: 'pay rent', dueDate: '2026-11-24', dueTime: '09:00' }],
    ['de', 'do the dishes', { title: 'do the dishes' }],
    ['fr', 'acheter du pain demain', { title: 'acheter du pain', dueDate: '2026-11-24' }],
    ['es', 'reunión el viernes a las 17:00', { title: 'reunión el', dueDate: '2026-11-27', dueTime: '17:00' }],
    ['ja', '会議 明日 15:00', { title: '会議', dueDate: '2026-11-24', dueTime: '15:00' }],
    ['ru', 'фильм завтра в 19:00', { title: 'фильм', dueDate: '2026-11-24', dueTime: '19:00' }],
    ['xx', 'swim tomorrow', { title: 'swim', dueDate: '2026-11-24' }],
  ])('is understood where the browser prefers %s: %s', async (language, line, task) => {
    const readers = await loadReaders([language, 'en'])
    const context = { timeZone: 'Europe/Berlin', now, kept: new Set<string>(), readers }
    expect(parseLine(line, context).task).toEqual(task)
  })

  test('that is nothing but a date is a title', () => {
    expect(parse('tomorrow')).toEqual({ task: { title: 'tomorrow' }, chips: [] })
  })

  test('keeps in the title what the user took out of the chips', () => {
    expect(parse('watch Friday the movie tomorrow !high', ['tomorrow', 'Friday', '!high']).task).toEqual({
      title: 'watch Friday the movie tomorrow !high',
    })
  })

  test('means the days of the user’s own zone', () => {
    expect(parse('swim tomorrow', [], 'Pacific/Kiritimati').task.dueDate).toBe('2026-11-25')
    expect(parse('swim tomorrow', [], 'Pacific/Pago_Pago').task.dueDate).toBe('2026-11-24')
  })

  test('tells what it understood in the order of the chips', () => {
    expect(parse('pay rent tomorrow 9:00 !high').chips).toEqual([
      { kind: 'date', text: 'tomorrow 9:00' },
      { kind: 'priority', text: '!high' },
    ])
  })
})
