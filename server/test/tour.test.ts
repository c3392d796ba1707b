import { TaskwellError } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp } from './start-app.ts'

describe.each(databases)('the typed client on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  test('creates, reads, changes, finds, deletes and restores a task', async () => {
    const { client } = await app.createUser('Ada', 'Europe/Berlin')
    const created = await client.createTask({
      body: { title: '  Pay the rent ', priority: 'high', dueDate: '2026-12-01' },
    })
    expect(created).toMatchObject({
      status: 201,
      etag: '"v1"',
      revision: 1,
      body: { title: 'Pay the rent', version: 1 },
    })
    const { id } = created.body
    const changed = await client.updateTask({ params: { id }, body: { completed: true }, ifMatch: '"v1"' })
    expect(changed.body).toMatchObject({
      completed: true,
      dueDate: '2026-12-01',
      priority: 'high',
      version: 2,
      revision: 2,
    })
    const found = await client.listTasks({ query: { q: 'RENT', completed: true, count: 'exact' } })
    expect(found.body).toEqual({ items: [changed.body], nextCursor: null, total: 1 })
    expect((await client.deleteTask({ params: { id } })).status).toBe(204)
    await expect(client.getTask({ params: { id } })).rejects.toBeInstanceOf(TaskwellError)
    const restored = await client.restoreTask({ params: { id } })
    expect(restored.body).toEqual({ ...changed.body, version: 4, revision: 4, updatedAt: restored.body.updatedAt })
    expect(app.events.map(({ revision }) => revision)).toEqual([1, 2, 3, 4])
  })

  test('tells what the server refused, and why', async () => {
    const { client } = await app.createUser()
    const { body } = await client.createTask({ body: { title: 'One' } })
    await client.updateTask({ params: { id: body.id }, body: { title: 'Two' } })
    const refusal = await client
      .updateTask({ params: { id: body.id }, body: { title: 'Three' }, ifMatch: '"v1"' })
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(TaskwellError)
    expect(refusal).toMatchObject({
      problem: { status: 412, code: 'precondition_failed', current: { title: 'Two', version: 2 } },
    })
  })

  test('keeps session and tasks of one user from another', async () => {
    const [ada, bob] = [await app.createUser('Ada'), await app.createUser('Bob')]
    const { body } = await ada.client.createTask({ body: { title: 'Secret' } })
    expect((await bob.client.listTasks()).body.items).toEqual([])
    await expect(bob.client.getTask({ params: { id: body.id } })).rejects.toMatchObject({ problem: { status: 404 } })
  })
})
