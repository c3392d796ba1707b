import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { countTasks } from '../src/tasks/queries.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const full = { problem: { status: 403, code: 'quota_exceeded' } }

describe.each(databases)('the number of tasks of a user on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'on', LIMIT_TASKS: '5', LIMIT_REGISTRATIONS: '100' })
  })
  afterAll(() => app.stop())

  async function fill(count: number): Promise<{ user: TestUser; ids: string[]; revisions: string[] }> {
    const user = await app.createUser()
    const [ids, revisions]: [string[], string[]] = [[], []]
    for (let number = 0; number < count; number++) {
      const { body, revision } = await user.client.createTask({ body: { title: `Task ${number}` } })
      ids.push(body.id)
      revisions.push(String(revision))
    }
    return { user, ids, revisions }
  }

  const create = (user: TestUser) => user.client.createTask({ body: { title: 'One more' } })
  const remove = (user: TestUser, id = '') => user.client.deleteTask({ params: { id } })

  test('ends creating, until one is deleted', async () => {
    const { user, ids } = await fill(5)
    const events = app.events.length
    await expect(create(user)).rejects.toMatchObject(full)
    expect(app.events).toHaveLength(events)
    await remove(user, ids[0])
    await create(user)
    await expect(create(user)).rejects.toMatchObject(full)
  })

  test('ends restoring, and leaves the task in the bin', async () => {
    const { user, ids } = await fill(5)
    await remove(user, ids[0])
    await create(user)
    const restored = user.client.restoreTask({ params: { id: ids[0] ?? '' } })
    await expect(restored).rejects.toMatchObject(full)
    expect((await user.client.listTasks({ query: { deleted: true } })).body.items).toHaveLength(1)
  })

  test('ends a batch wholly, which tells where', async () => {
    const { user } = await fill(4)
    const one = { op: 'create', task: { title: 'One more' } } as const
    const batch = user.client.batchTasks({ body: { operations: [one, one] } })
    await expect(batch).rejects.toMatchObject({ problem: { ...full.problem, index: 1 } })
    expect((await user.client.listTasks({ query: {} })).body.items).toHaveLength(4)
  })

  test('counts the tasks that a batch deletes before', async () => {
    const { user, ids } = await fill(5)
    const operations = [{ op: 'delete', id: ids[0] ?? '' } as const, { op: 'create', task: { title: 'New' } } as const]
    await user.client.batchTasks({ body: { operations } })
    await expect(create(user)).rejects.toMatchObject(full)
  })

  test('ends undoing what would bring back too many, and not what brings back as many as it takes', async () => {
    const { user, ids } = await fill(5)
    const { revision } = await remove(user, ids[0])
    await create(user)
    await expect(user.client.undoChange({ params: { revision: String(revision) } })).rejects.toMatchObject(full)
    const swap = [{ op: 'delete', id: ids[1] ?? '' } as const, { op: 'create', task: { title: 'Swapped' } } as const]
    const { body } = await user.client.batchTasks({ body: { operations: swap } })
    await user.client.undoChange({ params: { revision: String(body.revision) } })
    expect((await user.client.listTasks({ query: {} })).body.items).toHaveLength(5)
    await expect(create(user)).rejects.toMatchObject(full)
  })

  test('is not passed by creating at once', async () => {
    const { user } = await fill(2)
    const made = await Promise.allSettled(Array.from({ length: 12 }, () => create(user)))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  })

  test('a repeated create and changes work when all is full, and the bin counts for nothing', async () => {
    const { user, ids, revisions } = await fill(5)
    await user.client.updateTask({ params: { id: ids[0] ?? '' }, body: { completed: true } })
    await user.client.undoChange({ params: { revision: revisions[1] ?? '' } })
    await user.client.eraseTask({ params: { id: ids[1] ?? '' } })
    const id = '01900000-0000-7000-8000-000000000001'
    await user.client.createTask({ body: { id, title: 'Last' } })
    expect((await user.client.createTask({ body: { id, title: 'Last' } })).status).toBe(200)
    const { id: spaceId } = await app.db
      .selectFrom('spaces')
      .select('id')
      .where('owner_id', '=', user.id)
      .executeTakeFirstOrThrow()
    expect(await countTasks(app.db, spaceId)).toBe(5)
  })
})
