import type { Task } from '@taskwell/api'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../databases.ts'
import { migrate } from '../../src/database/migrate.ts'
import { migrations } from '../../src/database/migrations/index.ts'
import { type Database, openDatabase } from '../../src/database/open.ts'
import { deleteTask, eraseTask, updateTask } from '../../src/tasks/index.ts'
import { add, createUser, type TestUser } from '../../src/tasks/testing.ts'
import { recountFigures } from '../../src/figures/index.ts'

describe.each(databases)('what is kept ready for the dashboard on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  async function userWithTasks(): Promise<{ user: TestUser; tasks: Task[] }> {
    const user = await createUser(store.db)
    const tasks: Task[] = []
    const due = { dueDate: '2026-11-24', dueTime: '10:30' }
    for (const [index, body] of [{}, due, { ...due, dueTimeZone: 'Asia/Kathmandu' }, {}, due, due].entries()) {
      user.now = new Date(Date.parse('2026-11-23T09:30:15.007Z') + index * 61_001)
      const priority = (['high', 'medium'] as const)[index % 2] ?? 'low'
      tasks.push(await add(user, { title: `t${index}`, priority, ...body, completed: index === 3 }))
    }
    const ids = tasks.map((task) => ({ params: { id: task.id } }))
    for (const place of [0, 2, 4]) await updateTask(user, { ...ids[place], body: { completed: true } } as never)
    for (const place of [4, 5]) await deleteTask(user, ids[place] as never)
    await eraseTask(user, ids[5] as never)
    return { user, tasks }
  }

  test('is right after any writes, and a recount tells of each figure that is not', async () => {
    const { user, tasks } = await userWithTasks()
    const { spaceId } = user.caller
    expect(await recountFigures(store.db, spaceId)).toEqual([])
    const [first, , third] = tasks
    const faults: [fault: (db: Database) => Promise<unknown>, told: string][] = [
      [
        (db) =>
          db
            .updateTable('figure_counts')
            .set({ count: 7 })
            .where('space_id', '=', spaceId)
            .where('figure', '=', 'undated')
            .execute(),
        'count undated of priority 1: kept 7, counted 0',
      ],
      [
        (db) => db.deleteFrom('figure_counts').where('space_id', '=', spaceId).where('priority', '=', 2).execute(),
        'count total of priority 2: kept 0, counted 2',
      ],
      [
        (db) =>
          db
            .updateTable('task_facts')
            .set((eb) => ({ completed_ms: eb('completed_ms', '+', 1) }))
            .where('task_id', '=', first?.id ?? '')
            .execute(),
        `facts of task ${first?.id}: not those of the task`,
      ],
      [
        (db) =>
          db
            .updateTable('task_facts')
            .set({ due_ms: 1 })
            .where('task_id', '=', third?.id ?? '')
            .execute(),
        `facts of task ${third?.id}: not those of the task`,
      ],
      [
        (db) =>
          db
            .updateTable('completion_days')
            .set((eb) => ({ morning: eb('morning', '+', 1) }))
            .where('space_id', '=', spaceId)
            .execute(),
        'completions of 2026-11-23: not those of the facts',
      ],
      [
        (db) => db.deleteFrom('completion_days').where('space_id', '=', spaceId).execute(),
        'completions of 2026-11-23: not those of the facts',
      ],
      [
        (db) =>
          db
            .deleteFrom('task_facts')
            .where('task_id', '=', first?.id ?? '')
            .execute(),
        'tasks ever created: kept 5, told by history 6',
      ],
    ]
    for (const [fault, told] of faults) {
      await store.db
        .transaction()
        .execute(async (db) => {
          await fault(db)
          expect(await recountFigures(db, spaceId)).toContain(told)
          throw new Error('take it back')
        })
        .catch((error: unknown) => expect(error).toMatchObject({ message: 'take it back' }))
    }
    expect(await recountFigures(store.db, spaceId)).toEqual([])
  })

  test('goes with the account', async () => {
    const { user } = await userWithTasks()
    await store.db.deleteFrom('users').where('id', '=', user.caller.userId).execute()
    for (const table of ['task_facts', 'figure_counts', 'completion_days'] as const) {
      const rows = await store.db.selectFrom(table).selectAll().where('space_id', '=', user.caller.spaceId).execute()
      expect(rows).toEqual([])
    }
  })

  test('is made from what a store has when it is brought up to date', async () => {
    const { user } = await userWithTasks()
    const { config, remove } = await database.create()
    const old = openDatabase(config)
    await migrate(old, migrations.slice(0, 1))
    for (const table of ['users', 'spaces', 'tasks', 'changes'] as const) {
      const column = { users: 'id', spaces: 'owner_id', tasks: 'space_id', changes: 'space_id' }[table]
      const id = table === 'users' || table === 'spaces' ? user.caller.userId : user.caller.spaceId
      const rows = await store.db.selectFrom(table).selectAll().where(sql.ref<string>(column), '=', id).execute()
      // What the first schema did not have yet is left out.
      const newer = { users: 'deleted_at', spaces: '', tasks: '', changes: '' }[table]
      for (const row of rows) await old.insertInto(table).values(without(row, newer)).execute()
    }
    expect(await migrate(old)).toContain('0007-figures-by-day')
    expect(await recountFigures(old, user.caller.spaceId)).toEqual([])
    const figuresOf = async (db: Database) => ({
      counts: await db
        .selectFrom('figure_counts')
        .selectAll()
        .where('space_id', '=', user.caller.spaceId)
        .where('count', '<>', 0)
        .orderBy('priority')
        .orderBy('figure')
        .execute(),
      days: await db
        .selectFrom('completion_days')
        .selectAll()
        .where('space_id', '=', user.caller.spaceId)
        .orderBy('day')
        .execute(),
      facts: await db
        .selectFrom('task_facts')
        .selectAll()
        .where('space_id', '=', user.caller.spaceId)
        .orderBy('created_ms')
        .execute(),
    })
    const { counts, days, facts } = await figuresOf(store.db)
    expect(days).toHaveLength(1)
    // Of what was erased before, the due date is gone.
    const known = facts.map((fact, index) => (index === 5 ? { ...fact, due_date: null, due_time: null } : fact))
    expect(await figuresOf(old)).toEqual({ counts, days, facts: known })
    await old.destroy()
    remove()
  })
})

/** A row as it can be inserted: the store makes some columns by itself. */
function without(row: object, newer: string): never {
  const generated = ['due_up', 'due_down', 'completed_up', 'completed_down', 'seq', newer]
  return Object.fromEntries(Object.entries(row).filter(([name]) => !generated.includes(name))) as never
}
