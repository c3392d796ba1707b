import { casual } from 'chrono-node/en'
import { describe, expect, test } from 'vitest'
import { parseLine } from './parse-line.ts'
import { loadReaders } from './readers.ts'

// A Monday.
const now = Date.parse('2026-11-23T12:00:00Z')

function parse(line: string, kept: string[] = [], timeZone = 'Europe/Berlin') {
  return parseLine(line, { timeZone, now, kept: new Set(kept), readers: { english: casual, others: [] } })
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

  test.each([
    ['de-DE', 'Arzt am 31.12. 14:30', { title: 'Arzt', dueDate: '2026-12-31', dueTime: '14:30' }],
    ['de-DE', 'Arzt 31.12 um 14 Uhr', { title: 'Arzt', dueDate: '2026-12-31', dueTime: '14:00' }],
    ['de-DE', 'Meeting 3.12. 10 Uhr', { title: 'Meeting', dueDate: '2026-12-03', dueTime: '10:00' }],
    ['de-DE', 'Meeting 3.12. at 4pm', { title: 'Meeting', dueDate: '2026-12-03', dueTime: '16:00' }],
    ['de-DE', 'Steuer bis 5.1.', { title: 'Steuer', dueDate: '2027-01-05' }],
    ['de-DE', 'Steuer bis zum 5.1. !high', { title: 'Steuer', dueDate: '2027-01-05', priority: 'high' }],
    ['de-DE', 'Rechnung 1.12.26', { title: 'Rechnung', dueDate: '2026-12-01' }],
    ['de-DE', 'Rechnung 1.12.2027 zahlen', { title: 'Rechnung zahlen', dueDate: '2027-12-01' }],
    ['de-DE', 'Müll 23.11.', { title: 'Müll', dueDate: '2026-11-23' }],
    ['de-DE', 'Zahnarzt 5/12 10:00', { title: 'Zahnarzt', dueDate: '2026-12-05', dueTime: '10:00' }],
    ['de-DE', 'Schicht ab 10.10 Uhr', { title: 'Schicht ab 10.10 Uhr' }],
    ['de-DE', 'Motiv 5.1. malen', { title: 'Motiv malen', dueDate: '2027-01-05' }],
    ['de-DE', 'Arzt 3.12', { title: 'Arzt 3.12' }],
    ['de-DE', 'Kapitel 3.1 lesen', { title: 'Kapitel 3.1 lesen' }],
    ['de-DE', 'Version 1.12.26 testen', { title: 'Version 1.12.26 testen' }],
    ['de-DE', 'Party 31.2.', { title: 'Party 31.2.' }],
    ['en-GB', 'Dentist 5/12/2026', { title: 'Dentist', dueDate: '2026-12-05' }],
    ['en-GB', 'Dentist 5/12 10:00', { title: 'Dentist', dueDate: '2026-12-05', dueTime: '10:00' }],
    ['en-GB', 'Dentist 03/12/2026 at 4pm', { title: 'Dentist', dueDate: '2026-12-03', dueTime: '16:00' }],
    ['en-AU', 'Dentist 5/12/2026', { title: 'Dentist', dueDate: '2026-12-05' }],
    ['en-US', 'Dentist 5/12/2027', { title: 'Dentist', dueDate: '2027-05-12' }],
    ['en-GB', '1/2 litre milk', { title: '1/2 litre milk' }],
    ['en-US', 'buy 3/4 cup of sugar', { title: 'buy 3/4 cup of sugar' }],
    ['en-US', 'call Ada 1/2', { title: 'call Ada', dueDate: '2027-01-02' }],
    ['en-US', 'on 1/2 call Ada', { title: 'call Ada', dueDate: '2027-01-02' }],
    ['en-US', '12/5 call Ada', { title: 'call Ada', dueDate: '2026-12-05' }],
    ['en-US', 'March in the parade', { title: 'March in the parade' }],
    ['en-US', 'Mon cheri', { title: 'Mon cheri' }],
    ['en-US', 'sat nav update', { title: 'sat nav update' }],
    ['en-US', 'Review May 2027 budget', { title: 'Review May 2027 budget' }],
    ['en-US', 'lie in the sun', { title: 'lie in the sun' }],
    ['en-US', 'pay rent sat', { title: 'pay rent', dueDate: '2026-11-28' }],
    ['en-US', 'plan trip by March', { title: 'plan trip', dueDate: '2027-03-01' }],
    ['en-US', 'on Mon call Ada', { title: 'call Ada', dueDate: '2026-11-30' }],
    ['en-US', 'next Wed call Ada', { title: 'call Ada', dueDate: '2026-12-02' }],
    ['en-US', 'call Ada Mar 3', { title: 'call Ada', dueDate: '2027-03-03' }],
    ['en-US', 'Mon 10:00 standup', { title: 'standup', dueDate: '2026-11-30', dueTime: '10:00' }],
  ])('takes no wrong day where the browser prefers %s: %s', async (language, line, task) => {
    const readers = await loadReaders([language, 'en-US', 'en'])
    const context = { timeZone: 'Europe/Berlin', now, kept: new Set<string>(), readers }
    expect(parseLine(line, context).task).toEqual(task)
  })

  test.each([
    ['Buy 2 apples at 5', '04:20', '2026-11-24', '05:00'],
    ['Buy 2 apples at 5', '03:20', '2026-11-23', '05:00'],
    ['call Ada 9:00', '21:30', '2026-11-24', '09:00'],
    ['call Ada today 9:00', '21:30', '2026-11-23', '09:00'],
  ])('means a time that is still to come: %s at %s UTC', (line, time, dueDate, dueTime) => {
    const context = { timeZone: 'Europe/Berlin', kept: new Set<string>(), readers: { english: casual, others: [] } }
    expect(parseLine(line, { ...context, now: Date.parse(`2026-11-23T${time}Z`) }).task).toMatchObject({
      dueDate,
      dueTime,
    })
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
