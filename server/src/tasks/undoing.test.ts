import { randomUUID } from 'node:crypto'
import type { Operation, Task } from '@taskwell/api'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { batchTasks, deleteTask, eraseTask, listTaskHistory, restoreTask, undoChange, updateTask } from './index.ts'
import { add, createUser, list, type TestUser } from './testing.ts'

describe.each(databases)('history and undo on %s', (database) => {
  let store: TestDatabase
  let user: TestUser
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    user = await createUser(store.db)
  })

  function later() {
    user.now = new Date(user.now.getTime() + 60_000)
    return user.now.toISOString()
  }

  function undo(revision: number, who = user) {
    return undoChange(who, { params: { revision: String(revision) } })
  }

  async function change(id: string, body: Parameters<typeof updateTask>[1]['body']): Promise<Task> {
    return (await updateTask(user, { params: { id }, body })).body
  }

  async function historyOf(id: string) {
    return (await listTaskHistory(user, { params: { id }, query: { limit: 200 } })).body.items
  }

  function conflict(...conflicts: { taskId: string; fields: string[] }[]) {
    return { code: 'conflict', details: { members: { conflicts } } }
  }

  async function everything(): Promise<Task[]> {
    const pages = [await list(user, { limit: 200 }), await list(user, { limit: 200, deleted: true })]
    return pages.flatMap((page) => page.items)
  }

  /** What undoing has to bring back, by task. */
  async function contents() {
    const tasks = await everything()
    return new Map(
      tasks.map(({ version: _version, revision: _revision, updatedAt: _updatedAt, ...content }) => [
        content.id,
        content,
      ]),
    )
  }

  test('history tells what changed, newest first, also of a task in the bin, page by page', async () => {
    const at = user.now.toISOString()
    const task = await add(user, { title: 'a', dueDate: '2026-12-01' })
    const completedAt = later()
    await change(task.id, { title: 'b', completed: true })
    const deletedAt = later()
    await deleteTask(user, { params: { id: task.id } })
    await undo(2).catch(() => {})
    const { completed, description, dueDate, dueTime, dueTimeZone, priority, title } = task
    const created = { title, description, completed, completedAt: null, priority, dueDate, dueTime, dueTimeZone }
    const shared = { by: { kind: 'session', name: 'Test' }, undoes: null }
    const items = [
      {
        ...shared,
        revision: 3,
        at: deletedAt,
        kind: 'task.deleted',
        before: { deletedAt: null },
        after: { deletedAt },
      },
      {
        ...shared,
        revision: 2,
        at: completedAt,
        kind: 'task.completed',
        before: { title: 'a', completed: false, completedAt: null },
        after: { title: 'b', completed: true, completedAt },
      },
      { ...shared, revision: 1, at, kind: 'task.created', before: null, after: created },
    ]
    const params = { id: task.id }
    expect(await listTaskHistory(user, { params, query: {} })).toEqual({
      body: { items, nextCursor: null },
      revision: 3,
    })
    const first = await listTaskHistory(user, { params, query: { limit: 2 } })
    expect(first.body.items).toEqual(items.slice(0, 2))
    const cursor = first.body.nextCursor ?? ''
    expect((await listTaskHistory(user, { params, query: { cursor } })).body).toEqual({
      items: items.slice(2),
      nextCursor: null,
    })
    const other = await add(user, { title: 'other' })
    const foreign = { params: { id: other.id }, query: { cursor } }
    await expect(listTaskHistory(user, foreign)).rejects.toMatchObject({ code: 'validation_failed' })
  })

  test('history of an unknown, foreign or erased task is not found', async () => {
    const task = await add(user, { title: 'a' })
    const params = { id: task.id }
    const gone = { code: 'not_found' }
    await expect(listTaskHistory(user, { params: { id: randomUUID() }, query: {} })).rejects.toMatchObject(gone)
    await expect(listTaskHistory(await createUser(store.db), { params, query: {} })).rejects.toMatchObject(gone)
    await deleteTask(user, { params })
    await eraseTask(user, { params })
    await expect(listTaskHistory(user, { params, query: {} })).rejects.toMatchObject(gone)
  })

  test('a long history comes in pages of a mebibyte of text', async () => {
    const { id } = await add(user, { title: 'a' })
    for (let index = 0; index < 12; index++) await change(id, { description: `${index}${'会'.repeat(19_990)}` })
    const { body } = await listTaskHistory(user, { params: { id }, query: { limit: 200 } })
    expect(body.items.length).toBeLessThan(12)
    const rest = await listTaskHistory(user, { params: { id }, query: { limit: 200, cursor: body.nextCursor ?? '' } })
    expect(body.items.length + rest.body.items.length).toBe(13)
  })

  test('undo is a new write, and undoing it redoes; the moment of completion comes back exactly', async () => {
    const { id } = await add(user, { title: 'a' })
    const completedAt = later()
    const done = await change(id, { completed: true, title: 'b' })
    later()
    user.events.length = 0
    const undone = await undo(2)
    const task = {
      ...done,
      completed: false,
      completedAt: null,
      title: 'a',
      version: 3,
      revision: 3,
      updatedAt: user.now.toISOString(),
    }
    expect(undone).toEqual({ body: { changes: [{ type: 'task', task }], revision: 3 }, revision: 3, wrote: 3 })
    expect(user.events).toEqual([{ spaceId: user.caller.spaceId, revision: 3 }])
    later()
    const redone = await undo(3)
    expect(redone.body.changes[0]?.task).toMatchObject({
      completed: true,
      completedAt,
      title: 'b',
      version: 4,
      revision: 4,
    })
    const kinds = (await historyOf(id)).map((item) => [item.kind, item.undoes])
    expect(kinds).toEqual([
      ['task.completed', 3],
      ['task.reopened', 2],
      ['task.completed', null],
      ['task.created', null],
    ])
    const rows = await store.db
      .selectFrom('changes')
      .select(['write_id', 'undoes'])
      .where('task_id', '=', id)
      .orderBy('revision')
      .execute()
    expect(rows.map((row) => row.undoes)).toEqual([null, null, rows[1]?.write_id, rows[2]?.write_id])
    expect((await list(user, { q: 'b', completed: true })).items).toHaveLength(1)
  })

  test('a field that was changed since is a conflict, others are not', async () => {
    const { id } = await add(user, { title: 'a' })
    await change(id, { title: 'b', description: 'text' })
    await change(id, { priority: 'high' })
    expect((await undo(2)).body.changes[0]?.task).toMatchObject({ title: 'a', description: null, priority: 'high' })
    await change(id, { title: 'c' })
    user.events.length = 0
    await expect(undo(4)).rejects.toMatchObject(conflict({ taskId: id, fields: ['title'] }))
    await expect(undo(1)).rejects.toMatchObject(conflict({ taskId: id, fields: ['title', 'priority'] }))
    expect(user.events).toEqual([])
    expect(await historyOf(id)).toHaveLength(5)
    await change(id, { title: 'a' })
    expect((await undo(4)).body.changes[0]?.task).toMatchObject({ title: 'b', description: 'text' })
  })

  test('deletion counts as a field', async () => {
    const { id } = await add(user, { title: 'a' })
    await change(id, { title: 'b' })
    const deletedAt = later()
    await deleteTask(user, { params: { id } })
    await expect(undo(2)).rejects.toMatchObject(conflict({ taskId: id, fields: ['deletedAt'] }))
    expect((await undo(3)).body.changes[0]?.task).toMatchObject({ deletedAt: null, title: 'b' })
    await expect(undo(3)).rejects.toMatchObject(conflict({ taskId: id, fields: ['deletedAt'] }))
    later()
    expect((await undo(4)).body.changes[0]?.task).toMatchObject({ deletedAt, title: 'b' })
    await restoreTask(user, { params: { id } })
    expect((await undo(2)).body.changes[0]?.task).toMatchObject({ deletedAt: null, title: 'a' })
    const kinds = (await historyOf(id)).map((item) => item.kind)
    expect(kinds.slice(0, 5)).toEqual([
      'task.updated',
      'task.restored',
      'task.deleted',
      'task.restored',
      'task.deleted',
    ])
  })

  test('undoing a creation deletes, unless the task was edited since', async () => {
    const { id } = await add(user, { title: 'a' })
    await change(id, { title: 'b' })
    await expect(undo(1)).rejects.toMatchObject(conflict({ taskId: id, fields: ['title'] }))
    await undo(2)
    const deletedAt = later()
    expect((await undo(1)).body.changes[0]?.task).toMatchObject({ deletedAt, title: 'a' })
    await expect(undo(1)).rejects.toMatchObject(conflict({ taskId: id, fields: ['deletedAt'] }))
    expect((await undo(4)).body.changes[0]?.task).toMatchObject({ deletedAt: null, title: 'a' })
  })

  test('what would come back without the part it needs is a conflict', async () => {
    const { id } = await add(user, { title: 'a' })
    await change(id, { dueDate: '2026-12-01' })
    await change(id, { dueTime: '10:00' })
    await expect(undo(2)).rejects.toMatchObject(conflict({ taskId: id, fields: ['dueTime'] }))
    await undo(3)
    expect((await undo(2)).body.changes[0]?.task).toMatchObject({ dueDate: null, dueTime: null })
  })

  test('a batch is undone by any of its revisions, all or nothing', async () => {
    const [a, b] = [await add(user, { title: 'a' }), await add(user, { title: 'b' })]
    const id = randomUUID()
    const before = await contents()
    const operations: Operation[] = [
      { op: 'update', id: a.id, changes: { title: 'a2', completed: true } },
      { op: 'update', id: a.id, changes: { completed: false, priority: 'low' } },
      { op: 'delete', id: b.id },
      { op: 'create', task: { id, title: 'c' } },
      { op: 'update', id, changes: { title: 'c2' } },
    ]
    await batchTasks(user, { body: { operations } })
    const after = await contents()
    const edited = await change(id, { title: 'c3' })
    await expect(undo(5)).rejects.toMatchObject(conflict({ taskId: id, fields: ['title'] }))
    await undo(edited.revision)
    const { body } = await undo(5)
    expect(body.changes.map(({ task }) => [task.id, task.revision])).toEqual([
      [a.id, 10],
      [b.id, 11],
      [id, 12],
    ])
    expect(body.revision).toBe(12)
    expect((await historyOf(a.id))[0]).toMatchObject({
      kind: 'task.updated',
      undoes: 4,
      before: { title: 'a2', priority: 'low' },
    })
    const deletedAt = user.now.toISOString()
    expect(await contents()).toEqual(new Map([...before, [id, expect.objectContaining({ title: 'c2', deletedAt })]]))
    await undo(10)
    expect(await contents()).toEqual(after)
  })

  test('a write that changed nothing altogether is undone by doing nothing', async () => {
    const { id } = await add(user, { title: 'a' })
    const operations: Operation[] = [
      { op: 'update', id, changes: { title: 'b' } },
      { op: 'update', id, changes: { title: 'a' } },
      { op: 'delete', id },
      { op: 'restore', id },
    ]
    await batchTasks(user, { body: { operations } })
    expect(await undo(2)).toEqual({ body: { changes: [], revision: 5 }, revision: 5 })
  })

  test('a revision that is unknown, of another user or of an erased task is not found', async () => {
    const { id } = await add(user, { title: 'a' })
    await add(user, { title: 'b' })
    const other = await createUser(store.db)
    const gone = { code: 'not_found' }
    await expect(undo(3)).rejects.toMatchObject(gone)
    await expect(undo(999_999_999_999_999)).rejects.toMatchObject(gone)
    await expect(undo(1, other)).rejects.toMatchObject(gone)
    await deleteTask(user, { params: { id } })
    await eraseTask(user, { params: { id } })
    for (const revision of [1, 3, 4]) await expect(undo(revision)).rejects.toMatchObject(gone)
    expect((await list(user)).items).toMatchObject([{ title: 'b', version: 1 }])
  })

  test('any write is reverted by an undo and made again by undoing that', async () => {
    const step = fc.record({
      op: fc.constantFrom('update', 'delete', 'restore', 'create'),
      pick: fc.nat(3),
      changes: fc.record(
        {
          title: fc.constantFrom('a', 'b'),
          completed: fc.boolean(),
          description: fc.constantFrom(null, 'x'),
          dueDate: fc.constantFrom('2026-12-01', '2026-12-02'),
        },
        { requiredKeys: [] },
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (writes) => {
        user = await createUser(store.db)
        const ids = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
        for (const id of ids.slice(1)) await add(user, { id, title: 'new' })
        for (const steps of writes) {
          const operations = steps.map(({ op, pick, changes }): Operation => {
            const id = ids[pick] ?? ''
            if (op === 'create') return { op, task: { id, title: 'new' } }
            return op === 'update' ? { op, id, changes } : { op, id }
          })
          later()
          const before = await contents()
          const told = user.events.at(-1)?.revision
          const reply = await batchTasks(user, { body: { operations } }).catch(() => undefined)
          // Refused, or nothing to do: no write to undo.
          if (!reply || user.events.at(-1)?.revision === told) continue
          const after = await contents()
          later()
          const undone = await undo(reply.body.revision)
          const present = await contents()
          for (const [id, task] of after) {
            const made = expect.objectContaining({ deletedAt: task.deletedAt ?? user.now.toISOString() })
            expect(present.get(id)).toEqual(before.get(id) ?? made)
          }
          if (undone.body.changes.length > 0) await undo(undone.body.revision)
          expect(await contents()).toEqual(after)
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
