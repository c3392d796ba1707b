import { dueFilters, type NewTask, type Task } from '@taskwell/api'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { addDays } from '../calendar/index.ts'
import { pageRequest } from './list-tasks.ts'
import { selectPage } from './page-query.ts'
import { isTaskRow } from './task-row.ts'
import { add, addAll, createUser, list, type TestUser, titles } from './testing.ts'

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Niue', 'Australia/Lord_Howe']

const pageable = { limit: 200, sort: 'title' } as const

describe.each(databases)('filters by due date on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test('agree with the definitions for any task, moment and zone', async () => {
    const user = await createUser(store.db)
    const day = '2026-10-25'
    // Around the end of summer time in Berlin, every kind of due date.
    const tasks = await addAll(user, dueTasks(day))
    const moment = fc.integer({ min: -4 * 24 * 60, max: 4 * 24 * 60 })
    const moments = fc.record({ minutes: moment, seconds: fc.nat(59), zone: fc.constantFrom(...zones) })
    await fc.assert(
      fc.asyncProperty(moments, fc.integer({ min: -3, max: 3 }), fc.nat(3), async (moment, first, count) => {
        const { minutes, seconds, zone } = moment
        user.now = new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000 + seconds * 1_000)
        for (const due of dueFilters) {
          const found = await allTitles(user, { due, timeZone: zone })
          expect(found).toEqual(expected(tasks, (task) => oracle[due](task, user.now, zone)))
        }
        const [dueFrom, dueTo] = [addDays(day, first), addDays(day, first + count)]
        const between = (task: Task, from: string, to: string) =>
          task.dueDate !== null && dueDay(task, zone) >= from && dueDay(task, zone) <= to
        expect(await allTitles(user, { dueFrom, dueTo, timeZone: zone })).toEqual(
          expected(tasks, (task) => between(task, dueFrom, dueTo)),
        )
        expect(await allTitles(user, { dueFrom, timeZone: zone })).toEqual(
          expected(tasks, (task) => between(task, dueFrom, '9999-12-31')),
        )
        expect(await allTitles(user, { dueTo, timeZone: zone })).toEqual(
          expected(tasks, (task) => between(task, '0001-01-01', dueTo)),
        )
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('a minute that has passed is overdue and still due today; the present minute is not overdue', async () => {
    const user = await createUser(store.db, 'Europe/Berlin')
    user.now = new Date('2026-11-23T09:30:59.999Z')
    for (const dueTime of ['10:29', '10:30']) await add(user, { title: dueTime, dueDate: '2026-11-23', dueTime })
    const dueTimeZone = 'UTC'
    for (const dueTime of ['09:29', '09:30']) {
      await add(user, { title: `${dueTime} UTC`, dueDate: '2026-11-23', dueTime, dueTimeZone })
    }
    await add(user, { title: 'day', dueDate: '2026-11-23' })
    expect(await titles(user, { due: 'overdue', sort: 'title' })).toEqual(['09:29 UTC', '10:29'])
    expect(await titles(user, { due: 'today', count: 'exact' })).toHaveLength(5)
    expect(await titles(user, { due: 'overdue', timeZone: 'America/New_York' })).toEqual(['09:29 UTC'])
  })

  test('the ends of the calendar are due days like others', async () => {
    const user = await createUser(store.db, 'Pacific/Kiritimati')
    for (const dueDate of ['0001-01-01', '9999-12-31']) {
      await add(user, { title: dueDate, dueDate })
      for (const dueTimeZone of zones)
        await add(user, { title: `${dueDate} ${dueTimeZone}`, dueDate, dueTime: '23:59', dueTimeZone })
    }
    for (const timeZone of zones) {
      const { items, total } = await list(user, { due: 'any', limit: 200, count: 'exact', timeZone })
      expect([items.length, total]).toEqual([14, 14])
      expect(await titles(user, { due: 'overdue', timeZone })).toHaveLength(7)
      expect(await titles(user, { due: 'upcoming', timeZone })).toHaveLength(7)
      expect(await titles(user, { dueFrom: '0001-01-01', dueTo: '9999-12-31', timeZone })).toHaveLength(14)
      expect(await titles(user, { dueFrom: '9999-12-31', timeZone })).toContain('9999-12-31')
      expect(await titles(user, { dueTo: '0001-01-01', timeZone })).toContain('0001-01-01')
    }
  })
})

async function allTitles(user: TestUser, query: Parameters<typeof list>[1]): Promise<string[]> {
  const { items, total } = await list(user, { ...query, ...pageable, count: 'exact' })
  expect(items).toHaveLength(total ?? -1)
  const found = items.map((task) => task.title)
  // The same tasks whichever index finds them.
  for (const dueColumn of ['due_up', 'due_down', null] as const) {
    const request = await pageRequest(user, { ...query, ...pageable })
    const rows = await selectPage(user.db, { ...request, filter: { ...request.filter, dueColumn } }).execute()
    expect(rows.filter(isTaskRow).map((row) => row.title)).toEqual(found)
  }
  return found
}

function expected(tasks: readonly Task[], isWanted: (task: Task) => boolean): string[] {
  return tasks
    .filter(isWanted)
    .map((task) => task.title)
    .toSorted()
}

function dueTasks(day: string): NewTask[] {
  const bodies: Omit<NewTask, 'title'>[] = [{}]
  for (const offset of [-9, -2, -1, 0, 1, 2, 6, 7, 9]) {
    const dueDate = addDays(day, offset)
    bodies.push({ dueDate })
    const times = offset === 0 ? ['00:00', '01:59', '02:00', '02:30', '03:00', '23:59'] : ['02:30', '22:00']
    for (const dueTime of times) {
      bodies.push({ dueDate, dueTime })
      for (const dueTimeZone of offset === 0 ? zones : zones.slice(1, 5)) bodies.push({ dueDate, dueTime, dueTimeZone })
    }
  }
  return bodies.map((body, index) => ({
    ...body,
    title: `t${String(index).padStart(3, '0')}`,
    completed: index % 7 === 3,
  }))
}

/** The contract's definitions, told with Temporal. */
const oracle: Record<(typeof dueFilters)[number], (task: Task, now: Date, zone: string) => boolean> = {
  none: (task) => task.dueDate === null,
  any: (task) => task.dueDate !== null,
  today: (task, now, zone) => isOpenAndDue(task) && dueDay(task, zone) === today(now, zone),
  week: (task, now, zone) =>
    isOpenAndDue(task) && dueDay(task, zone) >= today(now, zone) && dueDay(task, zone) <= addDays(today(now, zone), 6),
  upcoming: (task, now, zone) => isOpenAndDue(task) && dueDay(task, zone) >= today(now, zone),
  overdue: (task, now, zone) =>
    isOpenAndDue(task) && (dueDay(task, zone) < today(now, zone) || hasMinutePassed(task, now, zone)),
}

function isOpenAndDue(task: Task): boolean {
  return !task.completed && task.dueDate !== null
}

function today(now: Date, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate().toString()
}

const dueDays = new Map<string, string>()

function dueDay(task: Task, zone: string): string {
  if (task.dueTimeZone === null) return task.dueDate ?? ''
  const name = `${task.dueDate} ${task.dueTime} ${task.dueTimeZone} ${zone}`
  const day = dueDays.get(name) ?? moment(task, task.dueTimeZone).withTimeZone(zone).toPlainDate().toString()
  dueDays.set(name, day)
  return day
}

function hasMinutePassed(task: Task, now: Date, zone: string): boolean {
  if (task.dueTime === null) return false
  // Floating times count on the day that is today where the question is asked.
  if (task.dueTimeZone === null && task.dueDate !== today(now, zone)) return false
  const minute = Math.floor(now.getTime() / 60_000) * 60_000
  return moment(task, task.dueTimeZone ?? zone).epochMilliseconds < minute
}

const moments = new Map<string, Temporal.ZonedDateTime>()

function moment(task: Task, zone: string): Temporal.ZonedDateTime {
  const name = `${task.dueDate}T${task.dueTime} ${zone}`
  const found =
    moments.get(name) ?? Temporal.PlainDateTime.from(`${task.dueDate}T${task.dueTime}`).toZonedDateTime(zone)
  moments.set(name, found)
  return found
}
