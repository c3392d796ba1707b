import type { StatsQuery } from '@taskwell/api'
import { CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../databases.ts'
import { calendarAt } from '../../src/calendar/index.ts'
import { createTask, deleteTask, eraseTask, updateTask } from '../../src/tasks/index.ts'
import { add, createUser, type TestUser } from '../../src/tasks/testing.ts'
import { getStats } from '../../src/dashboard/get-stats.ts'
import * as queries from '../../src/dashboard/queries.ts'

describe.each(databases)('statistics on %s', (database) => {
  let store: TestDatabase
  let user: TestUser
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    user = await createUser(store.db)
  })

  async function stats(query: StatsQuery = {}) {
    return (await getStats(user, { query })).body
  }

  async function complete(id: string): Promise<void> {
    await updateTask(user, { params: { id }, body: { completed: true } })
  }

  test('of an empty account are complete', async () => {
    const none = { total: 0, completed: 0, pending: 0, overdue: 0 }
    const found = await stats({ days: 366, timeZone: 'Asia/Kathmandu' })
    expect(found).toMatchObject({
      asOf: '2026-11-23T09:30:00.000Z',
      timeZone: 'Asia/Kathmandu',
      revision: 0,
      totals: { ...none, dueToday: 0, dueThisWeek: 0, noDueDate: 0 },
      byPriority: { high: none, medium: none, low: none },
      performance: {
        completionRate: null,
        onTimeRate: null,
        averageHoursToComplete: null,
        medianHoursToComplete: null,
        completedLast7Days: 0,
        completedPrevious7Days: 0,
        currentStreakDays: 0,
        longestStreakDays: 0,
      },
    })
    expect(found.activity).toHaveLength(366)
    expect(found.activity.at(0)).toEqual({ date: '2025-11-23', created: 0, completed: 0 })
    expect(found.activity.at(-1)).toEqual({ date: '2026-11-23', created: 0, completed: 0 })
    expect((await stats()).activity).toHaveLength(30)
    expect((await stats({ days: 1 })).activity).toHaveLength(1)
  })

  test('keep the past of a task that is deleted, erased and forgotten', async () => {
    const { id } = await add(user, { title: 'a', dueDate: '2026-11-24', dueTime: '10:00' })
    user.now = new Date('2026-11-24T10:01:00Z')
    await complete(id)
    const kept = ({ activity, performance }: Awaited<ReturnType<typeof stats>>) => ({ activity, performance })
    const before = await stats()
    expect(before.performance).toMatchObject({ completionRate: 1, onTimeRate: 0, medianHoursToComplete: 24.51 })
    await deleteTask(user, { params: { id } })
    expect(kept(await stats())).toEqual(kept(before))
    expect((await stats()).totals).toMatchObject({ total: 0, completed: 0 })
    await eraseTask(user, { params: { id } })
    expect(kept(await stats())).toEqual(kept(before))
    await store.db.deleteFrom('tasks').where('id', '=', id).execute()
    expect(kept(await stats())).toEqual(kept(before))
  })

  test('a streak may end yesterday, and the longest one may be long ago', async () => {
    const dayAfterDay = [
      '2024-02-27',
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
    ]
    for (const day of dayAfterDay) {
      user.now = new Date(`${day}T12:00:00Z`)
      await add(user, { title: day, completed: true })
    }
    const streaks = async (now: string, timeZone = 'UTC') => {
      user.now = new Date(now)
      const { performance } = await stats({ timeZone })
      return [performance.currentStreakDays, performance.longestStreakDays]
    }
    expect(await streaks('2026-11-22T23:59:59Z')).toEqual([3, 4])
    expect(await streaks('2026-11-23T23:59:59Z')).toEqual([3, 4])
    expect(await streaks('2026-11-24T00:00:00Z')).toEqual([0, 4])
    expect(await streaks('2026-11-24T00:00:00Z', 'America/New_York')).toEqual([3, 4])
  })

  test('a streak goes on, however much earlier in the day the next completion comes', async () => {
    for (const at of [
      '2026-11-20T23:59:59.999Z',
      '2026-11-21T12:00:00Z',
      '2026-11-22T11:00:00Z',
      '2026-11-23T00:00:00Z',
    ]) {
      user.now = new Date(at)
      await complete((await add(user, { title: at })).id)
    }
    expect((await stats()).performance).toMatchObject({ currentStreakDays: 4, longestStreakDays: 4 })
  })

  test('a day that the zone skipped does not break a streak', async () => {
    for (const now of ['2011-12-29T20:00:00Z', '2011-12-30T20:00:00Z']) {
      user.now = new Date(now)
      await add(user, { title: now, completed: true })
    }
    // Samoa went from the 29th to the 31st.
    const { activity, performance } = await stats({ timeZone: 'Pacific/Apia', days: 3 })
    expect(activity.map((day) => day.completed)).toEqual([1, 0, 1])
    expect(performance).toMatchObject({ currentStreakDays: 2, longestStreakDays: 2 })
  })

  test('more completions at one moment than are read at once are all counted', async () => {
    const { spaceId } = user.caller
    const ms = user.now.getTime()
    const facts = { space_id: spaceId, created_ms: ms - 7_200_000, due_date: null, due_time: null, due_ms: null }
    for (let first = 0; first < 4_100; first += 100) {
      const rows = Array.from({ length: 100 }, (_, index) => ({
        ...facts,
        task_id: `00000000-0000-7000-8000-${String(first + index).padStart(12, '0')}`,
        completed_ms: first === 0 ? ms - 1 : ms,
      }))
      await store.db.insertInto('task_facts').values(rows).execute()
    }
    const { activity, performance } = await stats({ days: 1 })
    expect(activity).toEqual([{ date: '2026-11-23', created: 4_100, completed: 4_100 }])
    expect(performance).toMatchObject({ averageHoursToComplete: 2, medianHoursToComplete: 2 })
  })

  test('all figures are of the revision that they tell, while others write', async () => {
    let isWriting = true
    const writing = (async () => {
      for (let index = 0; index < 120; index++) await createTask(user, { body: { title: 't', completed: true } })
      isWriting = false
    })()
    let readings = 0
    while (isWriting) {
      const { revision, totals, activity, performance } = await stats({ days: 1 })
      const counts = [totals.total, totals.completed, activity[0]?.created, activity[0]?.completed]
      expect([...counts, performance.completedLast7Days]).toEqual(Array.from({ length: 5 }, () => revision))
      readings++
    }
    await writing
    expect(readings).toBeGreaterThan(0)
  })

  test('are read from indexes, and the number of finished tasks does not matter to the totals', async () => {
    for (let index = 0; index < 50; index++) {
      await add(user, { title: `t${index}`, completed: index % 2 === 0, dueDate: `2026-11-${10 + (index % 20)}` })
    }
    const { spaceId } = user.caller
    const calendar = calendarAt(user.now, 'Europe/Berlin')
    const span = [0, 0, 1e13, '2026-11-23', 1_440, 0, 0] as const
    await store.db.transaction().execute(async (db) => {
      if (database.kind === 'postgres') await sql`set local enable_seqscan = off`.execute(db)
      const planOf = async (statement: { compile(): CompiledQuery }) => {
        const { sql, parameters } = statement.compile()
        const explain = database.kind === 'sqlite' ? 'explain query plan ' : 'explain '
        return JSON.stringify((await db.executeQuery(CompiledQuery.raw(explain + sql, [...parameters]))).rows)
      }
      const open = /USING COVERING INDEX tasks_open_due_date|(Index Only|Index|Bitmap Index) Scan.* tasks_open_/
      const days = { from: '2026-11-21', to: '2026-12-01' }
      expect(await planOf(queries.selectDue(db, spaceId, calendar, days))).toMatch(open)
      const counts = await planOf(queries.selectCounts(db, spaceId, days))
      expect(counts).toMatch(/SEARCH figure_counts USING PRIMARY KEY|Index.* Scan.* figure_counts_pkey/)
      expect(counts).not.toMatch(/SCAN figure_counts|Seq Scan on figure_counts/)
      const past: [string, Parameters<typeof planOf>[0]][] = [
        ['created', queries.selectCreated(db, spaceId, [span], 9)],
        ['completed', queries.selectCompletions(db, spaceId, [span], 9)],
      ]
      for (const [index, statement] of past) {
        const plan = await planOf(statement)
        expect(plan).toMatch(new RegExp(`COVERING INDEX task_facts_${index}|Index.* Scan.* (task_facts_)`))
        expect(plan).not.toMatch(/SCAN task_facts|Seq Scan on task_facts/)
      }
    })
  })
})
