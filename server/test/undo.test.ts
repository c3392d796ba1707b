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
