import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import {
  createTask,
  deleteTask,
  emptyBin,
  eraseTask,
  getTask,
  listTaskHistory,
  restoreTask,
  undoChange,
  updateTask,
} from './index.ts'
import { add, createUser, list, putInBin, type TestUser, titles } from './testing.ts'

function refused(code: string, details: object = {}) {
  return expect.objectContaining({ code, details: expect.objectContaining(details) })
}

describe.each(databases)('writing tasks on %s', (database) => {
  let store: TestDatabase
  let user: TestUser
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    user = await createUser(store.db)
  })

  async function history(id: string) {
    const rows = await store.db
      .selectFrom('changes')
      .selectAll()
      .where('task_id', '=', id)
      .orderBy('revision')
      .execute()
    const read = (json: string | null): Record<string, unknown> | null => (json === null ? null : JSON.parse(json))
    return rows.map(({ kind, before, after, revision }) => ({
      kind,
      before: read(before),
      after: read(after),
      revision,
    }))
  }

  async function revision(): Promise<number> {
    const { caller } = user
    const row = await store.db
      .selectFrom('spaces')
      .select('revision')
      .where('id', '=', caller.spaceId)
      .executeTakeFirst()
    return row?.revision ?? -1
  }

  test('a new task has defaults, version 1, the first revision, a place, one event and one row of history', async () => {
    const { body: task, headers, revision, status } = await createTask(user, { body: { title: 'Buy milk' } })
    expect(task).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      title: 'Buy milk',
      description: null,
      completed: false,
      completedAt: null,
      priority: 'medium',
      dueDate: null,
      dueTime: null,
      dueTimeZone: null,
      version: 1,
      revision: 1,
      createdAt: '2026-11-23T09:30:15.250Z',
      updatedAt: '2026-11-23T09:30:15.250Z',
      deletedAt: null,
    })
    expect({ headers, revision, status }).toEqual({ headers: { location: `/api/tasks/${task.id}` }, revision: 1 })
    expect(user.events).toEqual([{ spaceId: user.caller.spaceId, revision: 1 }])
    const { title, description, completed, completedAt, priority, dueDate, dueTime, dueTimeZone } = task
    const after = { title, description, completed, completedAt, priority, dueDate, dueTime, dueTimeZone }
    expect(await history(task.id)).toEqual([{ kind: 'task.created', before: null, after, revision: 1 }])
    await expect(getTask(user, { params: { id: task.id } })).resolves.toEqual({ body: task, revision: 1 })
  })

  test('a due time needs a date and a zone needs a time, in the result', async () => {
    const time = refused('validation_failed', { errors: [expect.objectContaining({ path: '/body/dueTime' })] })
    const zone = refused('validation_failed', { errors: [expect.objectContaining({ path: '/body/dueTimeZone' })] })
    await expect(createTask(user, { body: { title: 'a', dueTime: '10:00' } })).rejects.toEqual(time)
    const late = { title: 'a', dueDate: '2026-11-23', dueTimeZone: 'Europe/Berlin' }
    await expect(createTask(user, { body: late })).rejects.toEqual(zone)
    const task = await add(user, { ...late, dueTime: '10:00' })
    const params = { id: task.id }
    await expect(updateTask(user, { params, body: { dueDate: null } })).rejects.toEqual(time)
    await expect(updateTask(user, { params, body: { dueTime: null } })).rejects.toEqual(zone)
    const contradiction = { dueDate: null, dueTime: '10:00' }
    await expect(updateTask(user, { params: { id: randomUUID() }, body: contradiction })).rejects.toEqual(time)
    const cleared = await updateTask(user, { params, body: { dueDate: null, dueTime: null, dueTimeZone: null } })
    expect(cleared.body).toMatchObject({ dueDate: null, dueTime: null, dueTimeZone: null, version: 2 })
  })

  test('an id of the client with the same content answers the task as it is now, without an event', async () => {
    const body = { id: randomUUID(), title: 'Once', completed: true }
    const task = await add(user, body)
    await updateTask(user, { params: { id: task.id }, body: { title: 'Changed since', completed: false } })
    user.now = new Date('2026-11-24T00:00:00.000Z')
    const again = await createTask(user, { body: { ...body, priority: 'medium', description: null } })
    expect(again).toMatchObject({ status: 200, revision: 2, body: { title: 'Changed since', version: 2 } })
    expect(user.events).toHaveLength(2)
    await expect(createTask(user, { body: { ...body, title: 'Changed since' } })).rejects.toEqual(refused('conflict'))
    await deleteTask(user, { params: { id: task.id } })
    await expect(createTask(user, { body })).rejects.toEqual(refused('conflict'))
    await eraseTask(user, { params: { id: task.id } })
    await expect(createTask(user, { body })).rejects.toEqual(refused('conflict'))
    const other = await createUser(store.db)
    expect(await createTask(other, { body })).toMatchObject({ revision: 1, body: { title: 'Once', version: 1 } })
  })

  test('a hundred creations with one id at once make one task', async () => {
    const body = { id: randomUUID(), title: 'Once' }
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => createTask(user, { body })))
    expect(outcomes.filter((outcome) => outcome.status !== 200)).toHaveLength(1)
    expect(user.events).toHaveLength(1)
    expect(await revision()).toBe(1)
  })

  test('changes at once are all kept, and of those meant for one version only one passes', async () => {
    const { id } = await add(user, { title: 'a' })
    const all = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        updateTask(user, { params: { id }, body: { title: `t${index}` }, ifMatch: '"v1"' }),
      ),
    )
    expect(all.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => updateTask(user, { params: { id }, body: { title: `u${index}` } })),
    )
    const { body: task } = await getTask(user, { params: { id } })
    expect(task).toMatchObject({ version: 42, revision: 42 })
    const rows = await history(id)
    expect(rows.map((row) => row.revision)).toEqual(Array.from({ length: 42 }, (_, index) => index + 1))
    expect(rows.slice(1).map((row) => row.before?.['title'])).toEqual(
      rows.slice(0, -1).map((row) => row.after?.['title']),
    )
  })

  test('a change touches only what was sent and keeps its fields in history', async () => {
    const task = await add(user, { title: 'a', description: 'b', priority: 'high', dueDate: '2026-12-01' })
    user.now = new Date('2026-11-23T10:00:00.000Z')
    const changed = await updateTask(user, { params: { id: task.id }, body: { description: null, title: 'a' } })
    expect(changed).toEqual({
      body: { ...task, description: null, version: 2, revision: 2, updatedAt: '2026-11-23T10:00:00.000Z' },
      revision: 2,
      wrote: 2,
    })
    expect((await history(task.id)).at(-1)).toEqual({
      kind: 'task.updated',
      before: { description: 'b' },
      after: { description: null },
      revision: 2,
    })
  })

  test('a change that changes nothing writes nothing', async () => {
    const task = await add(user, { title: 'a', completed: true })
    user.now = new Date('2026-11-25T00:00:00.000Z')
    for (const body of [{}, { completed: true }, { title: 'a', description: null }]) {
      expect(await updateTask(user, { params: { id: task.id }, body })).toEqual({ body: task, revision: 1 })
    }
    expect(user.events).toHaveLength(1)
    expect(await history(task.id)).toHaveLength(1)
  })

  test('completing and reopening set and clear the moment and name the change', async () => {
    const { id } = await add(user, { title: 'a' })
    const completedAt = user.now.toISOString()
    const done = await updateTask(user, { params: { id }, body: { completed: true, title: 'b' } })
    expect(done.body).toMatchObject({ completed: true, completedAt })
    const open = await updateTask(user, { params: { id }, body: { completed: false } })
    expect(open.body).toMatchObject({ completed: false, completedAt: null })
    expect((await history(id)).slice(1)).toEqual([
      {
        kind: 'task.completed',
        before: { title: 'a', completed: false, completedAt: null },
        after: { title: 'b', completed: true, completedAt },
        revision: 2,
      },
      {
        kind: 'task.reopened',
        before: { completed: true, completedAt },
        after: { completed: false, completedAt: null },
        revision: 3,
      },
    ])
  })

  test('a write for another version is refused and shows the task, also if it would change nothing', async () => {
    const task = await add(user, { title: 'a' })
    const params = { id: task.id }
    for (const ifMatch of ['"v2"', 'W/"v0"', 'v1', '', '"1"', '"v01"', '"v2", "v3"', 'nonsense']) {
      const stale = refused('precondition_failed', { members: { current: task } })
      await expect(updateTask(user, { params, body: { title: 'b' }, ifMatch })).rejects.toEqual(stale)
      await expect(updateTask(user, { params, body: {}, ifMatch })).rejects.toEqual(stale)
      await expect(deleteTask(user, { params, ifMatch })).rejects.toEqual(stale)
      await expect(restoreTask(user, { params, ifMatch })).rejects.toEqual(stale)
      const nobody = { params: { id: randomUUID() }, body: {}, ifMatch }
      await expect(updateTask(user, nobody)).rejects.toEqual(refused('not_found'))
    }
    expect(user.events).toHaveLength(1)
    for (const [index, ifMatch] of ['*', '"v2"', 'W/"v3"', '"v9", W/"v4"', ' "v5" '].entries()) {
      await updateTask(user, { params, body: { title: `b${index}` }, ifMatch })
    }
  })

  test('a deleted task is gone until it is restored', async () => {
    const task = await add(user, { title: 'a', description: 'b' })
    const params = { id: task.id }
    expect(await restoreTask(user, { params })).toEqual({ body: task, revision: 1 })
    expect(await deleteTask(user, { params })).toEqual({ body: undefined, revision: 2, wrote: 2 })
    const gone = refused('not_found')
    await expect(getTask(user, { params })).rejects.toEqual(gone)
    await expect(updateTask(user, { params, body: {} })).rejects.toEqual(gone)
    await expect(deleteTask(user, { params })).rejects.toEqual(gone)
    expect(await titles(user)).toEqual([])
    const deletedAt = user.now.toISOString()
    expect((await list(user, { deleted: true })).items).toEqual([{ ...task, version: 2, revision: 2, deletedAt }])
    const restored = { ...task, version: 3, revision: 3 }
    expect(await restoreTask(user, { params })).toEqual({ body: restored, revision: 3, wrote: 3 })
    expect((await list(user)).items).toEqual([restored])
    expect((await history(task.id)).slice(1)).toEqual([
      { kind: 'task.deleted', before: { deletedAt: null }, after: { deletedAt }, revision: 2 },
      { kind: 'task.restored', before: { deletedAt }, after: { deletedAt: null }, revision: 3 },
    ])
    expect(user.events.map((event) => event.revision)).toEqual([1, 2, 3])
  })

  test('erasing leaves a tombstone and empties history', async () => {
    const task = await add(user, { title: 'Secret', description: 'text', dueDate: '2026-12-01' })
    const params = { id: task.id }
    const gone = refused('not_found')
    await expect(eraseTask(user, { params })).rejects.toEqual(gone)
    await deleteTask(user, { params })
    expect(await eraseTask(user, { params })).toEqual({ body: undefined, revision: 3, wrote: 3 })
    await expect(eraseTask(user, { params })).rejects.toEqual(gone)
    await expect(restoreTask(user, { params })).rejects.toEqual(gone)
    expect(await titles(user, { deleted: true })).toEqual([])
    expect(user.events.map((event) => event.revision)).toEqual([1, 2, 3])
    expect(await history(task.id)).toEqual([
      { kind: 'task.created', before: null, after: null, revision: 1 },
      { kind: 'task.deleted', before: null, after: null, revision: 2 },
    ])
    const row = await store.db
      .selectFrom('tasks')
      .select(['title', 'description', 'search_text', 'title_key', 'due_date', 'version', 'revision'])
      .where('id', '=', task.id)
      .executeTakeFirstOrThrow()
    const nothing = { title: '', description: null, search_text: '', title_key: '', due_date: null }
    expect(row).toEqual({ ...nothing, version: 3, revision: 3 })
  })

  test('emptying the bin erases all of it, a revision each, with one event', async () => {
    const live = await add(user, { title: 'live' })
    const ids = Array.from({ length: 1_010 }, () => randomUUID())
    await putInBin(user, ids)
    const before = await revision()
    user.events.length = 0
    expect(await emptyBin(user)).toEqual({ body: undefined, revision: before + 1_010, wrote: before + 1_010 })
    expect(user.events).toEqual([{ spaceId: user.caller.spaceId, revision: before + 1_010 }])
    expect((await list(user)).items).toEqual([live])
    const rows = await store.db
      .selectFrom('tasks')
      .select('revision')
      .where('space_id', '=', user.caller.spaceId)
      .where('erased_at', 'is not', null)
      .orderBy('revision')
      .execute()
    expect(rows.map((row) => row.revision)).toEqual(ids.map((_, index) => before + 1 + index))
    expect(await emptyBin(user)).toEqual({ body: undefined, revision: before + 1_010 })
    expect(user.events).toHaveLength(1)
  })

  test('nobody reaches the tasks of another user', async () => {
    const other = await createUser(store.db)
    const mine = await add(user, { title: 'mine' })
    const params = { id: mine.id }
    const gone = refused('not_found')
    const attempts = [
      () => getTask(other, { params }),
      () => updateTask(other, { params, body: { title: 'x' }, ifMatch: '"v9"' }),
      () => deleteTask(other, { params }),
      () => restoreTask(other, { params }),
      () => eraseTask(other, { params }),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toEqual(gone)
    await deleteTask(user, { params })
    await emptyBin(other)
    for (const attempt of attempts) await expect(attempt()).rejects.toEqual(gone)
    expect(await titles(other)).toEqual([])
    expect(await titles(other, { q: 'mine', deleted: true })).toEqual([])
    expect(await titles(user, { deleted: true })).toEqual(['mine'])
    expect(other.events).toEqual([])
  })

  test('tasks of two users that have one id have nothing to do with each other', async () => {
    const other = await createUser(store.db)
    const id = randomUUID()
    const params = { id }
    const mine = await add(user, { id, title: 'mine', dueDate: '2026-12-01' })
    const rowsOf = async ({ caller: { spaceId } }: TestUser) => [
      await store.db.selectFrom('spaces').selectAll().where('id', '=', spaceId).execute(),
      await store.db.selectFrom('tasks').selectAll().where('space_id', '=', spaceId).execute(),
      await store.db.selectFrom('changes').selectAll().where('space_id', '=', spaceId).execute(),
    ]
    const before = await rowsOf(user)
    expect(await add(other, { id, title: 'theirs' })).toMatchObject({ title: 'theirs', dueDate: null, version: 1 })
    const binned = { title: 'theirs', version: 4, revision: 4 }
    const steps: [() => Promise<unknown>, object][] = [
      [() => updateTask(other, { params, body: { title: 'changed' } }), { title: 'changed', version: 2, revision: 2 }],
      [() => undoChange(other, { params: { revision: '2' } }), { title: 'theirs', version: 3, revision: 3 }],
      [() => deleteTask(other, { params }), binned],
      [() => restoreTask(other, { params }), { title: 'theirs', version: 5, revision: 5 }],
    ]
    for (const [step, task] of steps) {
      await step()
      expect((await list(other, { deleted: task === binned })).items).toMatchObject([task])
      expect(await rowsOf(user)).toEqual(before)
    }
    const kinds = (await listTaskHistory(other, { params, query: {} })).body.items.map(({ kind }) => kind)
    expect(kinds).toHaveLength(5)
    await deleteTask(other, { params })
    await eraseTask(other, { params })
    expect(await rowsOf(user)).toEqual(before)
    expect((await getTask(user, { params })).body).toEqual(mine)
  })

  test('history tells who made which write', async () => {
    const { id } = await add(user, { title: 'a' })
    const byToken = { ...user, caller: { ...user.caller, by: { kind: 'token', name: 'Laptop' } as const } }
    await deleteTask(byToken, { params: { id } })
    const rows = await store.db
      .selectFrom('changes')
      .selectAll()
      .where('task_id', '=', id)
      .orderBy('revision')
      .execute()
    expect(rows).toMatchObject([
      { by_kind: 'session', by_name: 'Test', undoes: null },
      { by_kind: 'token', by_name: 'Laptop', undoes: null },
    ])
    expect(new Set(rows.map((row) => row.write_id)).size).toBe(2)
  })

  test('a refused write in a transaction leaves nothing', async () => {
    const task = await add(user, { title: 'a' })
    await expect(createTask(user, { body: { id: task.id, title: 'b' } })).rejects.toEqual(refused('conflict'))
    expect(await revision()).toBe(1)
  })
})
