import type { NewTask, Operation, Task } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../databases.ts'
import { addDays, calendarAt, dayStarts } from '../../src/calendar/index.ts'
import { readDay, wallClock } from '../../src/calendar/intl-oracle.ts'
import { batchTasks } from '../../src/tasks/index.ts'
import { createUser } from '../../src/tasks/testing.ts'
import { readPast } from '../../src/dashboard/read-past.ts'
import { readTotals } from '../../src/dashboard/read-totals.ts'

/** Whole, half and quarter hours from UTC, both hemispheres, clocks that change at midnight, by half an hour, in Ramadan. */
const zones = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Dublin',
  'Europe/Chisinau',
  'Atlantic/Azores',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/El_Aaiun',
  'Africa/Lagos',
  'Asia/Beirut',
  'Asia/Jerusalem',
  'Asia/Tehran',
  'Asia/Kabul',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Yangon',
  'Asia/Gaza',
  'Asia/Tokyo',
  'Australia/Eucla',
  'Australia/Adelaide',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Niue',
  'Pacific/Marquesas',
  'Pacific/Norfolk',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'America/Asuncion',
  'America/Nuuk',
  'America/Scoresbysund',
  'Antarctica/Troll',
]
const instantsOfEach = 500
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

describe.each(databases)('days and minutes in the figures on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test.each(zones)('are those of the clocks in %s', { timeout: 120_000 }, async (timeZone) => {
    const change = dayOfClockChange(timeZone)
    const moments = instantsNear(timeZone, change)
    expect(moments).toHaveLength(instantsOfEach)
    const user = await createUser(store.db, timeZone)
    const { spaceId } = user.caller
    await store.db
      .insertInto('task_facts')
      .values(
        moments.map((ms, index) => ({
          space_id: spaceId,
          task_id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
          created_ms: ms,
          completed_ms: ms,
          due_date: null,
          due_time: null,
          due_ms: null,
        })),
      )
      .execute()
    const now = new Date(Date.parse(`${addDays(change, 9)}T12:00:00Z`))
    const { activity } = await readPast(store.db, spaceId, calendarAt(now, timeZone), 20)
    const momentsOf = Map.groupBy(moments, (ms) => wallClock(timeZone, ms).slice(0, 10))
    for (const { date, created, completed } of activity) {
      const expected = momentsOf.get(date)?.length ?? 0
      expect({ date, created, completed }).toEqual({ date, created: expected, completed: expected })
    }
    const { body } = await batchTasks(user, { body: { operations: dueNear(change) } })
    const tasks = body.results.map(({ task }) => dueIn(timeZone, task))
    const found = await Promise.all(
      moments.map(async (ms) => {
        const { totals } = await readTotals(store.db, spaceId, calendarAt(new Date(ms), timeZone))
        return { ms, overdue: totals.overdue, dueToday: totals.dueToday, dueThisWeek: totals.dueThisWeek }
      }),
    )
    expect(found).toEqual(moments.map((ms) => ({ ms, ...expectedTotals(tasks, timeZone, ms) })))
  })
})

test.each(zones)('each day of a year begins when the clocks of %s say so', (timeZone) => {
  const starts = dayStarts(timeZone, '2026-01-01', 366)
  for (const [index, start] of starts.entries()) {
    const date = addDays('2026-01-01', index)
    expect([wallClock(timeZone, start - 1) < date, wallClock(timeZone, start).slice(0, 10)]).toEqual([true, date])
  }
})

/** The first day of 2026 on which the clocks change, or some other. */
function dayOfClockChange(timeZone: string): string {
  const offset = (date: string) => wallClock(timeZone, Date.parse(`${date}T00:00:00Z`))
  for (let index = 0; index < 364; index++) {
    const [date, next] = [addDays('2026-01-01', index), addDays('2026-01-01', index + 1)]
    if (offset(date).slice(11) !== offset(next).slice(11)) return date
  }
  return '2026-06-15'
}

/** Midnights, and minutes at which clocks jump, each with the milliseconds beside it; then some between. */
function instantsNear(timeZone: string, change: string): number[] {
  const edges = new Set<number>()
  for (const offset of [-2, -1, 0, 1, 2]) {
    const { start, jumps } = readDay(timeZone, addDays(change, offset))
    for (const edge of [start, ...jumps]) {
      for (const beside of [-hour, -minute, -1, 0, 1, minute - 1, minute, hour]) edges.add(edge + beside)
    }
  }
  const first = Date.parse(change) - 3 * day
  let random = 42
  while (edges.size < instantsOfEach) {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    edges.add(first + Math.floor((random / 2 ** 31) * 7 * day))
  }
  return [...edges].slice(0, instantsOfEach).toSorted((a, b) => a - b)
}

function dueNear(change: string): Operation[] {
  const bodies: NewTask[] = [-7, -1, 0, 1, 2, 6, 7, 8].flatMap((offset) => {
    const dueDate = addDays(change, offset)
    const times = offset < 3 ? ['00:00', '00:30', '02:30', '12:00', '23:59'] : ['00:00', '23:59']
    const zoned = { dueDate, dueTime: '12:00' }
    return [
      { dueDate, title: 'day' },
      ...times.map((dueTime) => ({ dueDate, dueTime, title: 'floating' })),
      ...['Asia/Kathmandu', 'Pacific/Niue'].map((dueTimeZone) => ({ ...zoned, dueTimeZone, title: 'zoned' })),
    ]
  })
  return bodies.map((task) => ({ op: 'create', task }))
}

interface DueTask {
  readonly day: string
  /** The instant of its time, if it has one. */
  readonly at: number | undefined
  readonly isZoned: boolean
}

/** When a task is due as seen in a zone, by wall clocks alone. */
function dueIn(timeZone: string, { dueDate, dueTime, dueTimeZone }: Task): DueTask {
  const at = dueTime === null ? undefined : readDay(dueTimeZone ?? timeZone, dueDate ?? '').instants.get(dueTime)
  if (dueTimeZone === null) return { day: dueDate ?? '', at, isZoned: false }
  return { day: wallClock(timeZone, at ?? Number.NaN).slice(0, 10), at, isZoned: true }
}

/** The contract's definitions of open tasks. */
function expectedTotals(tasks: readonly DueTask[], timeZone: string, ms: number) {
  const today = wallClock(timeZone, ms).slice(0, 10)
  const weekEnd = addDays(today, 6)
  const thisMinute = Math.floor(ms / minute) * minute
  const isOverdue = ({ day, at, isZoned }: DueTask) => {
    if (!isZoned && day !== today) return day < today
    return at !== undefined && at < thisMinute
  }
  return {
    overdue: tasks.filter(isOverdue).length,
    dueToday: tasks.filter(({ day }) => day === today).length,
    dueThisWeek: tasks.filter(({ day }) => day >= today && day <= weekEnd).length,
  }
}
