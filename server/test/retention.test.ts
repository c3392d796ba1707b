import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from './databases.ts'
import { listChanges } from '../src/changes/index.ts'
import {
  deleteTask,
  eraseTask,
  getTask,
  listTaskHistory,
  listTasks,
  restoreTask,
  updateTask,
} from '../src/tasks/index.ts'
import { add, createUser, type TestUser } from '../src/tasks/testing.ts'
import { runRetention } from '../src/retention/run-retention.ts'

const start = new Date('2026-11-23T09:30:15.250Z')

describe.each(databases)('retention on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  function after(days: number): Date {
    return new Date(start.getTime() + days * 86_400_000)
  }

  async function retain(user: TestUser, days: number): Promise<void> {
    const ctx = { ...user, now: after(days) }
    while (await runRetention(ctx, new AbortController().signal));
  }

  async function addBinned(user: TestUser, title: string) {
    const task = await add(user, { title, description: `secret of ${title}` })
    await updateTask(user, { params: { id: task.id }, body: { title: `${title}!` } })
    await deleteTask(user, { params: { id: task.id } })
    return task
  }

  async function pull(user: TestUser, since: number) {
    const { body } = await listChanges(user, { query: { since } })
    return body.changes.map(({ task }) => task)
  }

  test('erases a task after thirty days in the bin, its history and every trace of its texts, and tells of it', async () => {
    const user = await createUser(store.db)
    const { id } = await addBinned(user, 'gone')
    const kept = await add(user, { title: 'kept' })
    await retain(user, 29.99)
    expect((await listTasks(user, { query: { deleted: true } })).body.items).toHaveLength(1)
    user.events.length = 0
    await retain(user, 30)
    expect(user.events).toEqual([{ spaceId: user.caller.spaceId, revision: 5 }])
    expect(await pull(user, 4)).toMatchObject([
      { id, title: '', description: null, revision: 5, version: 4, deletedAt: start.toISOString() },
    ])
    expect((await listTasks(user, { query: { deleted: true } })).body.items).toEqual([])
    expect((await getTask(user, { params: { id: kept.id } })).body.title).toBe('kept')
    await expect(listTaskHistory(user, { params: { id }, query: {} })).rejects.toMatchObject({ code: 'not_found' })
    const history = await store.db.selectFrom('changes').selectAll().where('task_id', '=', id).execute()
    expect(history.map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ['task.created', null, null],
      ['task.updated', null, null],
      ['task.deleted', null, null],
    ])
  })

  test('lets a task be that was restored in time', async () => {
    const user = await createUser(store.db)
    const { id } = await addBinned(user, 'saved')
    await restoreTask(user, { params: { id } })
    await retain(user, 31)
    expect((await getTask(user, { params: { id } })).body.title).toBe('saved!')
  })

  test('removes tombstones ninety days after the task was erased; who was last here before has to start over', async () => {
    const user = await createUser(store.db)
    const { id } = await addBinned(user, 'gone')
    await eraseTask(user, { params: { id } })
    const later = await addBinned({ ...user, now: after(1) }, 'later')
    const kept = await add(user, { title: 'kept' })
    await retain(user, 89.99)
    expect((await pull(user, 3)).map((task) => task.id)).toEqual([id, kept.id, later.id])
    await retain(user, 90)
    expect((await pull(user, 4)).map((task) => task.id)).toEqual([kept.id, later.id])
    await expect(pull(user, 3)).rejects.toMatchObject({ code: 'resync_required' })
    expect(await pull(user, 0)).toHaveLength(2)
    const facts = await store.db.selectFrom('changes').select(['kind', 'at']).where('task_id', '=', id).execute()
    expect(facts).toHaveLength(3)
  })

  test('may run on several nodes at once, and each task is erased once', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => createUser(store.db)))
    for (const user of users) for (let index = 0; index < 5; index++) await addBinned(user, `t${index}`)
    await Promise.all(users.map((user) => retain(user, 31)))
    for (const user of users) await retain(user, 31)
    for (const user of users) {
      const erased = await pull(user, 0)
      expect(erased.map(({ version, revision }) => [version, revision])).toEqual(
        Array.from({ length: 5 }, (_, index) => [4, 16 + index]),
      )
    }
  })

  test('removes kept replies after a day, and sessions and verifications whose time is over', async () => {
    const user = await createUser(store.db)
    const [past, future, at] = [after(-1.01), after(1), start].map((instant) => instant.toISOString())
    if (!past || !future || !at) throw new Error('Three instants')
    const common = { user_id: user.caller.userId, created_at: at, updated_at: at }
    for (const [id, expires_at] of [
      ['old', past],
      ['new', future],
    ] as const) {
      await store.db
        .insertInto('sessions')
        .values({ ...common, id, token: id, expires_at, ip_address: null, user_agent: null })
        .execute()
      const { user_id: _, ...times } = common
      await store.db
        .insertInto('verifications')
        .values({ ...times, id, identifier: id, value: id, expires_at })
        .execute()
      const reply = { request_hash: '', status: 204, headers: '{}', body: '' }
      const created_at = id === 'old' ? past : at
      await store.db
        .insertInto('idempotency_keys')
        .values({ user_id: common.user_id, key: id, ...reply, created_at })
        .execute()
    }
    await retain(user, 0)
    for (const table of ['sessions', 'verifications'] as const) {
      expect(await store.db.selectFrom(table).select('id').execute()).toEqual([{ id: 'new' }])
    }
    expect(await store.db.selectFrom('idempotency_keys').select('key').execute()).toEqual([{ key: 'new' }])
  })

  test('stops between two steps when it is asked to', async () => {
    const user = await createUser(store.db)
    await addBinned(user, 'a')
    const id = randomUUID()
    expect(await runRetention({ ...user, now: after(31) }, AbortSignal.abort(id))).toBe(true)
    expect((await listTasks(user, { query: { deleted: true } })).body.items).toHaveLength(1)
  })
})
