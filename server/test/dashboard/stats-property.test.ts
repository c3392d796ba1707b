import { randomUUID } from 'node:crypto'
import { type NewTask, type Operation, priorities, type Stats, type Task } from '@taskwell/api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../databases.ts'
import { recountFigures } from '../../src/figures/index.ts'
import { batchTasks, emptyBin, eraseTask, findSpaceRevision, undoChange } from '../../src/tasks/index.ts'
import { add, createUser, list, listAll, type TestUser } from '../../src/tasks/testing.ts'
import { getStats } from '../../src/dashboard/get-stats.ts'
import { naivePast } from './naive-stats.ts'

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Niue',
  'Pacific/Kiritimati',
]

const changes = fc.record(
  {
    completed: fc.boolean(),
    priority: fc.constantFrom(...priorities),
    due: fc.record(
      {
        dueDate: fc.constantFrom(null, '2026-10-23', '2026-10-24', '2026-10-25', '2026-10-26', '2026-11-01'),
        dueTime: fc.constantFrom(null, '00:00', '02:30', '12:00', '23:59'),
        dueTimeZone: fc.constantFrom(null, ...zones),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

const operation = fc.record({
  op: fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'delete' as const, 'restore' as const),
  pick: fc.nat(5),
  changes,
})

/** A write, and how long after the one before: clocks may go backwards. */
const step = fc.record({
  passed: fc.oneof(
    fc.integer({ min: 0, max: 30 * 60_000 }),
    fc.integer({ min: -86_400_000, max: 4 * 86_400_000 }),
    fc.integer({ min: 0, max: 6 * 3_600_000 }),
    fc.constantFrom(6 * 3_600_000, 86_400_000, 40 * 86_400_000),
  ),
  write: fc.oneof(
    { weight: 8, arbitrary: fc.array(operation, { minLength: 1, maxLength: 4 }) },
    { weight: 3, arbitrary: fc.constantFrom('undo' as const, 'erase' as const) },
    { weight: 1, arbitrary: fc.constantFrom('empty bin' as const, 'remove tombstones' as const) },
  ),
  undone: fc.nat(3),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

describe.each(databases)('the dashboard on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test('agrees with the lists, and with a recount of all that ever happened, after any history', async () => {
    const histories = fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 14 }),
      profile: fc.constantFrom(...zones),
      zone: fc.constantFrom(...zones),
      days: fc.constantFrom(1, 2, 13, 14, 30, 366),
    })
    await fc.assert(
      fc.asyncProperty(histories, async ({ steps, profile, zone, days }) => {
        const user = await createUser(store.db, profile)
        const history = createHistory(user)
        // In Berlin the night in which summer time ends, with a task due in the hour that comes twice.
        user.now = new Date('2026-10-24T22:10:00.123Z')
        const due = { dueDate: '2026-10-25', dueTime: '02:30' }
        await history.begin([{}, due, { ...due, dueTimeZone: 'Europe/Berlin' }, { dueDate: '2026-10-25' }])
        for (const step of steps) await history.take(step)
        expect(await recountFigures(store.db, user.caller.spaceId)).toEqual([])
        for (const timeZone of [undefined, zone]) {
          const query = { days, ...(timeZone !== undefined && { timeZone }) }
          const { body: stats } = await getStats(user, { query })
          expect(await totalsOfLists(user, timeZone)).toEqual({ totals: stats.totals, byPriority: stats.byPriority })
          const past = naivePast(history.everything(), { now: user.now, timeZone: timeZone ?? profile, days })
          expect({ activity: stats.activity, performance: stats.performance }).toEqual(nearly(past))
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 8) },
    )
  }, 240_000)
})

/** Takes steps, and remembers how each task was seen last, whatever becomes of it. */
function createHistory(user: TestUser) {
  const ids = Array.from({ length: 6 }, () => randomUUID())
  const seen = new Map<string, Task>()

  async function look(): Promise<void> {
    for (const deleted of [false, true]) {
      const { items } = await listAll(user, { limit: 200, deleted })
      for (const task of items) seen.set(`${task.id} ${task.createdAt}`, task)
    }
  }

  async function write({ write, undone }: Step): Promise<void> {
    const { spaceId } = user.caller
    const params = { id: ids[undone] ?? '' }
    if (write === 'undo') {
      const revision = await findSpaceRevision(user.db, spaceId)
      await undoChange(user, { params: { revision: String(revision - undone) } })
    } else if (write === 'erase') await eraseTask(user, { params })
    else if (write === 'empty bin') await emptyBin(user)
    else if (write === 'remove tombstones') {
      await user.db.deleteFrom('tasks').where('space_id', '=', spaceId).where('erased_at', 'is not', null).execute()
      user.now = new Date(user.now.getTime() + 90 * 86_400_000 + 1)
    } else {
      const operations = write.map(({ op, pick, changes: { due, ...changes } }): Operation => {
        const id = ids[pick] ?? ''
        const fields = { ...changes, ...due }
        if (op === 'create') return { op, task: { id, title: 'new', ...fields } }
        return op === 'update' ? { op, id, changes: fields } : { op, id }
      })
      // What one of them would refuse, the others may still do.
      await batchTasks(user, { body: { operations } }).catch(async () => {
        for (const one of operations) await batchTasks(user, { body: { operations: [one] } }).catch(() => {})
      })
    }
  }

  return {
    async begin(bodies: readonly Omit<NewTask, 'title'>[]) {
      for (const [index, body] of bodies.entries()) await add(user, { id: ids[index] ?? '', title: 'first', ...body })
      await look()
    },
    everything: () => [...seen.values()],
    async take(step: Step) {
      user.now = new Date(user.now.getTime() + step.passed)
      await write(step).catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(conflict|not_found|validation_failed)$/) })
      })
      await look()
    },
  }
}

async function totalsOfLists(user: TestUser, timeZone: string | undefined) {
  const count = async (query: Parameters<typeof list>[1]) => {
    const zone = timeZone === undefined ? {} : { timeZone }
    return (await list(user, { ...query, ...zone, limit: 1, count: 'exact' })).total
  }
  const ofPriority = async (priority: Task['priority']) => ({
    total: await count({ priority: [priority] }),
    completed: await count({ priority: [priority], completed: true }),
    pending: await count({ priority: [priority], completed: false }),
    overdue: await count({ priority: [priority], due: 'overdue' }),
  })
  return {
    totals: {
      total: await count({}),
      completed: await count({ completed: true }),
      pending: await count({ completed: false }),
      overdue: await count({ due: 'overdue' }),
      dueToday: await count({ due: 'today' }),
      dueThisWeek: await count({ due: 'week' }),
      noDueDate: await count({ due: 'none', completed: false }),
    },
    byPriority: {
      high: await ofPriority('high'),
      medium: await ofPriority('medium'),
      low: await ofPriority('low'),
    },
  }
}

/** The same figures, rounded as the contract says. */
function nearly({ activity, performance }: Pick<Stats, 'activity' | 'performance'>) {
  const close = (value: number | null, digits: number) =>
    value === null ? null : expect.toSatisfy((is: number) => Math.abs(is - value) <= 0.5000001 / 10 ** digits)
  return {
    activity,
    performance: {
      ...performance,
      completionRate: close(performance.completionRate, 4),
      onTimeRate: close(performance.onTimeRate, 4),
      averageHoursToComplete: close(performance.averageHoursToComplete, 2),
      medianHoursToComplete: close(performance.medianHoursToComplete, 2),
    },
  }
}
