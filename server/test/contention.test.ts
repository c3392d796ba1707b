import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { expectSoon, listenTo } from './listen.ts'
import { jsonAs } from './requests-http.ts'
import { startApp, type TestApp } from './start-app.ts'

describe.each(databases)('many writers at once on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  test('of fifty changes to one version exactly one is made; the others are shown the task as it is', async () => {
    const user = await app.createUser()
    const { body: task } = await user.client.createTask({ body: { title: 'first' } })
    const device = await listenTo(app.baseUrl, { token: user.token })
    const replies = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const reply = await fetch(`${app.baseUrl}/api/tasks/${task.id}`, {
          method: 'PATCH',
          headers: { ...jsonAs(user.token), 'if-match': '"v1"' },
          body: JSON.stringify({ title: `writer ${n}` }),
        })
        return { status: reply.status, body: await reply.json() }
      }),
    )
    const { body: now } = await user.client.getTask({ params: { id: task.id } })
    expect(now).toMatchObject({ version: 2, revision: 2 })
    const won = replies.filter(({ status }) => status === 200)
    expect(won).toEqual([{ status: 200, body: now }])
    const lost = replies.filter(({ status }) => status === 412)
    expect(lost).toHaveLength(49)
    for (const { body } of lost) expect(body).toMatchObject({ code: 'precondition_failed', current: now })
    await expectSoon(() => device.changes.length > 0)
    expect(device.changes).toEqual([{ from: 1, to: 2, changes: [{ type: 'task', task: now }] }])
    device.socket.disconnect()
  })

  test('a batch that fails half-way leaves nothing: no task, no revision, no history, no event', async () => {
    const user = await app.createUser()
    const { body: task } = await user.client.createTask({ body: { title: 'first' } })
    const device = await listenTo(app.baseUrl, { token: user.token })
    app.events.length = 0
    const create = { op: 'create', task: { title: 'a' } } as const
    const stale = { op: 'update', id: task.id, changes: { title: 'b' }, ifVersion: 7 } as const
    const operations = [...Array.from({ length: 50 }, () => create), stale, create]
    await expect(user.client.batchTasks({ body: { operations } })).rejects.toMatchObject({
      problem: { status: 412, index: 50, current: task },
    })
    const { body } = await user.client.listChanges({ query: { since: 0 } })
    expect(body).toMatchObject({ revision: 1, changes: [{ task }] })
    const rows = await app.db
      .selectFrom('changes')
      .innerJoin('spaces', 'spaces.id', 'changes.space_id')
      .select('changes.revision')
      .where('spaces.owner_id', '=', user.id)
      .execute()
    expect(rows).toHaveLength(1)
    expect(app.events).toEqual([])
    await user.client.createTask({ body: { title: 'next' } })
    await expectSoon(() => device.changes.length > 0)
    expect(device.changes).toMatchObject([{ from: 1, to: 2 }])
    device.socket.disconnect()
  })
})
