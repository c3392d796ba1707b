import { dueFilters, type NewTask, priorities, type Task } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp, TestUser } from '../../server/test/start-app.ts'
import { countTasks } from '../src/dashboard/count-tasks.ts'
import { addDays, readClock } from '../src/tasks/clock.ts'
import { filterTasks, sortTasks } from '../src/tasks/task-list.ts'
import { readView } from '../src/tasks/view-address.ts'
import { startSite } from './steps.ts'

// Clocks go back in New York that night: 05:30 and 06:30 UTC are both half past one.
const moments = ['2026-11-01T05:30:20Z', '2026-11-01T06:30:20Z', '2026-03-08T07:10:00Z', '2026-06-15T23:59:59Z']
const words = ['Über', 'ZEBRA', 'straße', 'Strasse', 'Ångström', '東京', 'ﬁn']
const zones = ['America/New_York', 'Pacific/Kiritimati', 'Asia/Kathmandu', 'UTC']

describe('what the app shows of its copy is what the server would answer', { timeout: 60_000 }, () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startSite()
  })
  afterAll(() => app.stop())

  test.each(moments.flatMap((moment, index) => zones.slice(0, index === 0 ? 4 : 2).map((zone) => ({ moment, zone }))))(
    'at $moment in $zone',
    async ({ moment, zone }) => {
      app.setNow(undefined)
      const user = await app.createUser('Ada', zone)
      const now = Date.parse(moment)
      const clock = readClock(zone, now)
      const tasks = await seed(user, clock.today)
      app.setNow(new Date(now))
      const list = async (query: object) => {
        const ids: string[] = []
        let cursor: string | undefined
        do {
          const { body } = await user.client.listTasks({ query: { ...query, limit: 200, ...(cursor && { cursor }) } })
          ids.push(...body.items.map(({ id }) => id))
          cursor = body.nextCursor ?? undefined
        } while (cursor !== undefined)
        return ids
      }
      const names = (ids: readonly string[]) => ids.map((id) => tasks.find((task) => task.id === id)?.title).toSorted()
      for (const due of dueFilters) {
        const shown = filterTasks(tasks, readView(new URLSearchParams({ due })), clock).map(({ id }) => id)
        expect(names(shown), due).toEqual(names(await list({ due })))
      }
      for (const q of ['STRASSE', 'uber null', 'angstrom asia', '東', 'fin 01']) {
        const shown = filterTasks(tasks, readView(new URLSearchParams({ q })), clock).map(({ id }) => id)
        expect(shown.length, q).toBeGreaterThan(0)
        expect(names(shown), q).toEqual(names(await list({ q })))
      }
      for (const sort of ['dueDate', '-dueDate', 'priority', 'createdAt', '-completedAt', 'title', '-title']) {
        const { sort: parsed } = readView(new URLSearchParams({ sort }))
        if (!parsed) throw new Error(`${sort} is no order`)
        expect(
          sortTasks(tasks, parsed).map(({ id }) => id),
          sort,
        ).toEqual(await list({ sort }))
      }
      const { body: stats } = await user.client.getStats()
      const { all, byPriority } = countTasks(tasks, clock)
      expect(all).toEqual(stats.totals)
      for (const name of priorities) expect(byPriority[name]).toMatchObject(stats.byPriority[name])
    },
  )
})

/** Tasks around the day, with and without times and zones of their own. */
async function seed(user: TestUser, today: string): Promise<Task[]> {
  const days = [null, ...[-8, -1, 0, 1, 2, 6, 7, 8].map((distance) => addDays(today, distance))]
  const times = [null, '00:00', '01:15', '01:30', '02:30', '03:09', '19:59', '23:59']
  const places = [null, 'America/New_York', 'Asia/Tokyo', 'Pacific/Pago_Pago']
  const contents: NewTask[] = days.flatMap((dueDate) =>
    (dueDate === null ? [null] : times).flatMap((dueTime) =>
      (dueTime === null ? [null] : places).map((dueTimeZone) => ({
        title: `${dueDate} ${dueTime} ${dueTimeZone}`,
        dueDate,
        dueTime,
        dueTimeZone,
      })),
    ),
  )
  const varied = contents.map((task, index) => ({
    ...task,
    title: `${words[index % words.length]} ${task.title}`,
    priority: priorities[index % 3] ?? 'medium',
    completed: index % 7 === 0,
  }))
  const tasks: Task[] = []
  for (let start = 0; start < varied.length; start += 100) {
    const operations = varied.slice(start, start + 100).map((task) => ({ op: 'create' as const, task }))
    const { body } = await user.client.batchTasks({ body: { operations } })
    tasks.push(...body.results.map(({ task }) => task))
  }
  return tasks
}
