import { randomUUID } from 'node:crypto'
import type { Operation } from '@taskwell/api'
import { CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../databases.ts'
import { batchTasks, deleteTask, eraseTask, restoreTask, undoChange, updateTask } from '../../src/tasks/index.ts'
import { add, createUser, type TestUser } from '../../src/tasks/testing.ts'
import { selectActivity } from '../../src/dashboard/activity-query.ts'
import { listActivity } from '../../src/dashboard/list-activity.ts'

describe.each(databases)('recent activity on %s', (database) => {
  let store: TestDatabase
  let user: TestUser
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    user = await createUser(store.db)
  })

  async function activity(query: Parameters<typeof listActivity>[1]['query'] = {}) {
    return (await listActivity(user, { query })).body
  }

  async function batch(...operations: Operation[]): Promise<void> {
    await batchTasks(user, { body: { operations } })
  }

  async function kinds() {
    return (await activity()).items.map(({ kind, changed }) => [kind, changed])
  }

  test('tells what each write did to each task, newest first', async () => {
    const at = user.now.toISOString()
    const { id } = await add(user, { title: 'a' })
    const params = { id }
    await updateTask(user, { params, body: { title: 'b', priority: 'high' } })
    user.now = new Date(user.now.getTime() + 1)
    await updateTask(user, { params, body: { completed: true, description: 'done' } })
    await updateTask(user, { params, body: { completed: false } })
    await deleteTask(user, { params })
    await restoreTask(user, { params })
    const later = user.now.toISOString()
    const shared = { taskId: id, title: 'b', by: { kind: 'session', name: 'Test' } }
    expect(await listActivity(user, { query: {} })).toEqual({
      body: {
        items: [
          { ...shared, revision: 6, at: later, kind: 'task.restored', changed: ['deletedAt'] },
          { ...shared, revision: 5, at: later, kind: 'task.deleted', changed: ['deletedAt'] },
          { ...shared, revision: 4, at: later, kind: 'task.reopened', changed: ['completed', 'completedAt'] },
          {
            ...shared,
            revision: 3,
            at: later,
            kind: 'task.completed',
            changed: ['description', 'completed', 'completedAt'],
          },
          { ...shared, revision: 2, at, kind: 'task.updated', changed: ['title', 'priority'] },
          { ...shared, revision: 1, at, kind: 'task.created', changed: [] },
        ],
        nextCursor: null,
      },
      revision: 6,
    })
  })

  test('has one item for a task that a batch changed more than once; completion wins the kind', async () => {
    const { id } = await add(user, { title: 'a' })
    const other = randomUUID()
    await batch(
      { op: 'update', id, changes: { title: 'b' } },
      { op: 'create', task: { id: other, title: 'new' } },
      { op: 'update', id, changes: { completed: true } },
      { op: 'update', id: other, changes: { completed: true } },
      { op: 'update', id, changes: { title: 'a', priority: 'low' } },
      { op: 'delete', id },
    )
    const { items } = await activity()
    expect(items.map(({ revision, taskId, kind, changed }) => [revision, taskId, kind, changed])).toEqual([
      [7, id, 'task.completed', ['completed', 'completedAt', 'priority', 'deletedAt']],
      [5, other, 'task.completed', []],
      [1, id, 'task.created', []],
    ])
  })

  test('does not count what a write took back itself', async () => {
    const { id } = await add(user, { title: 'a' })
    const update = (changes: object): Operation => ({ op: 'update', id, changes })
    await batch(update({ completed: true }), update({ completed: false }))
    await batch(update({ title: 'b' }), { op: 'delete', id }, { op: 'restore', id })
    await batch({ op: 'delete', id }, { op: 'restore', id }, { op: 'delete', id })
    expect(await kinds()).toEqual([
      ['task.deleted', ['deletedAt']],
      ['task.updated', ['title']],
      ['task.updated', []],
      ['task.created', []],
    ])
  })

  test('tells an undo as the write that it is', async () => {
    const { id } = await add(user, { title: 'a' })
    await updateTask(user, { params: { id }, body: { completed: true, title: 'b' } })
    const undo = async (revision: number) => undoChange(user, { params: { revision: String(revision) } })
    await undo(2)
    await undo(3)
    expect((await kinds()).slice(0, 2)).toEqual([
      ['task.completed', ['title', 'completed', 'completedAt']],
      ['task.reopened', ['title', 'completed', 'completedAt']],
    ])
  })

  test('keeps what happened to a task that was erased, without its texts; and when its tombstone is gone', async () => {
    const { id } = await add(user, { title: 'secret' })
    await batch({ op: 'update', id, changes: { title: 'b' } }, { op: 'update', id, changes: { completed: true } })
    await deleteTask(user, { params: { id } })
    const before = await activity()
    await eraseTask(user, { params: { id } })
    const erased = await activity()
    expect(erased.items).toEqual(before.items.map((item) => ({ ...item, title: '', changed: [] })))
    await store.db.deleteFrom('tasks').where('id', '=', id).execute()
    expect(await activity()).toEqual(erased)
  })

  test('comes in pages by a cursor that is bound to user and list, each item once while more happens', async () => {
    for (let index = 0; index < 7; index++) {
      const { id } = await add(user, { title: `t${index}` })
      const update = (title: string): Operation => ({ op: 'update', id, changes: { title } })
      await batch(update('x'), update('y'))
    }
    const all = (await activity()).items
    expect(all).toHaveLength(14)
    const found = []
    let cursor: string | undefined
    do {
      const page = await activity({ limit: 3, ...(cursor !== undefined && { cursor }) })
      found.push(...page.items)
      cursor = page.nextCursor ?? undefined
      await add(user, { title: 'later' })
    } while (cursor !== undefined)
    expect(found).toEqual(all)
    const { nextCursor } = await activity({ limit: 3 })
    const query = { cursor: nextCursor ?? '' }
    const refusal = { code: 'validation_failed' }
    await expect(listActivity(await createUser(store.db), { query })).rejects.toMatchObject(refusal)
    await expect(activity({ cursor: `${nextCursor}A` })).rejects.toMatchObject(refusal)
  })

  test('has nothing of somebody who did nothing, and nothing of others', async () => {
    await add(await createUser(store.db), { title: 'of another' })
    expect(await listActivity(user, { query: {} })).toEqual({ body: { items: [], nextCursor: null }, revision: 0 })
  })

  test('a page ends at a mebibyte of text, and the next one goes on', async () => {
    const { id } = await add(user, { title: 'a' })
    for (let index = 0; index < 12; index++) {
      await updateTask(user, { params: { id }, body: { description: `${index}${'会'.repeat(19_990)}` } })
    }
    const first = await activity({ limit: 200 })
    expect(first.items.length).toBeLessThan(12)
    const rest = await activity({ limit: 200, cursor: first.nextCursor ?? '' })
    expect(first.items.length + rest.items.length).toBe(13)
  })

  test('reads no history but the page', async () => {
    for (let index = 0; index < 30; index++) await add(user, { title: `t${index}` })
    await store.db.transaction().execute(async (db) => {
      if (database.kind === 'postgres') await sql`set local enable_seqscan = off`.execute(db)
      const { spaceId } = user.caller
      for (const before of [undefined, 20]) {
        const statement = selectActivity(db, { spaceId, before, limit: 5 }).compile()
        const explain = database.kind === 'sqlite' ? 'explain query plan ' : 'explain '
        const raw = CompiledQuery.raw(explain + statement.sql, [...statement.parameters])
        const plan = JSON.stringify((await db.executeQuery(raw)).rows)
        expect(plan).toMatch(/changes_write/)
        expect(plan).not.toMatch(/SCAN (changes|tasks|later)|Seq Scan on (changes|tasks)/)
      }
    })
  })
})
