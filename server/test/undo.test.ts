import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp } from './start-app.ts'

describe.each(databases)('history and undo over HTTP on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  test('reach the client as history keeps them', async () => {
    const { client } = await app.createUser()
    const { body: task } = await client.createTask({ body: { title: 'a' } })
    const params = { id: task.id }
    await client.updateTask({ params, body: { title: 'b' } })
    const undone = await client.undoChange({ params: { revision: '2' } })
    expect(undone).toMatchObject({
      status: 200,
      revision: 3,
      body: { revision: 3, changes: [{ type: 'task', task: { title: 'a' } }] },
    })
    const { body, revision } = await client.listTaskHistory({ params })
    const by = { kind: 'session', name: null }
    expect(body.items).toEqual([
      {
        revision: 3,
        at: expect.any(String),
        kind: 'task.updated',
        by,
        before: { title: 'b' },
        after: { title: 'a' },
        undoes: 2,
      },
      {
        revision: 2,
        at: expect.any(String),
        kind: 'task.updated',
        by,
        before: { title: 'a' },
        after: { title: 'b' },
        undoes: null,
      },
      expect.objectContaining({ revision: 1, kind: 'task.created', before: null }),
    ])
    expect(body.items[2]?.after).toMatchObject({ title: 'a', description: null, priority: 'medium' })
    expect(revision).toBe(3)
    const page = await client.listChanges({ query: { since: 2 } })
    expect(page.body.changes).toEqual(undone.body.changes)
  })

  test('every reply to a write names what it wrote, and none that changed nothing names the write of another', async () => {
    const { client } = await app.createUser()
    const created = await client.createTask({ body: { title: 'a' } })
    const params = { id: created.body.id }
    const other = await client.createTask({ body: { title: 'b' } })
    const restored = () => client.restoreTask({ params })
    const edit = (title: string) => client.updateTask({ params, body: { title } })
    const batch = (titles: readonly string[]) =>
      client.batchTasks({
        body: { operations: titles.map((title) => ({ op: 'update', id: params.id, changes: { title } })) },
      })
    expect([created.wrote, other.wrote]).toEqual([1, 2])
    expect(await edit('a')).toMatchObject({ revision: 2, wrote: null })
    expect(await batch(['a', 'a'])).toMatchObject({ revision: 2, wrote: null })
    expect(await restored()).toMatchObject({ revision: 2, wrote: null })
    expect(await client.createTask({ body: { title: 'a', id: params.id } })).toMatchObject({ status: 200, wrote: null })
    expect(await client.emptyBin()).toMatchObject({ revision: 2, wrote: null })
    expect(await edit('c')).toMatchObject({ wrote: 3 })
    expect(await batch(['d', 'e', 'e'])).toMatchObject({ revision: 5, wrote: 5 })
    expect(await client.undoChange({ params: { revision: '5' } })).toMatchObject({ wrote: 6, body: { revision: 6 } })
    expect(await client.deleteTask({ params })).toMatchObject({ wrote: 7 })
    expect(await restored()).toMatchObject({ wrote: 8 })
    await client.deleteTask({ params })
    expect(await client.eraseTask({ params })).toMatchObject({ wrote: 10 })
    await client.deleteTask({ params: { id: other.body.id } })
    expect(await client.emptyBin()).toMatchObject({ wrote: 12 })
  })

  test('a reply that is kept says the same again', async () => {
    const { client } = await app.createUser()
    const create = () => client.createTask({ body: { title: 'a' }, idempotencyKey: 'k' })
    const [first] = [await create(), await client.createTask({ body: { title: 'b' } })]
    expect([first.wrote, (await create()).wrote]).toEqual([1, 1])
  })

  test('a revision that is no number is not found, and a conflict names its fields', async () => {
    const { client } = await app.createUser()
    const { body: task } = await client.createTask({ body: { title: 'a' } })
    for (const revision of ['x', '-1', '0', '1.5', '1e0', '9'.repeat(40), '7']) {
      await expect(client.undoChange({ params: { revision } })).rejects.toMatchObject({ problem: { status: 404 } })
    }
    await client.updateTask({ params: { id: task.id }, body: { title: 'b' } })
    const problem = { status: 409, code: 'conflict', conflicts: [{ taskId: task.id, fields: ['title'] }] }
    await expect(client.undoChange({ params: { revision: '1' } })).rejects.toMatchObject({ problem })
  })
})
