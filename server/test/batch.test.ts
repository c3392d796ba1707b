import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp } from './start-app.ts'

describe.each(databases.slice(0, 1))('POST /api/tasks/batch on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  async function send(token: string, body: unknown) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const reply = await fetch(`${app.baseUrl}/api/tasks/batch`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: reply.status, revision: reply.headers.get('taskwell-revision'), body: await reply.json() }
  }

  test('trims, spells and judges each operation by its own kind', async () => {
    const { token, client } = await app.createUser()
    const id = '0190A1B2-0000-7000-8000-00000000000A'
    const operations = [
      { op: 'create', task: { id, title: '  a ' } },
      { op: 'update', id, changes: { title: ' b ' }, ifVersion: 1 },
    ]
    const done = await send(token, { operations })
    expect(done).toMatchObject({ status: 200, revision: '2', body: { revision: 2 } })
    expect(done.body.results[0].task).toMatchObject({ id: id.toLowerCase(), title: 'a' })
    const faulty: [unknown, string][] = [
      [{ op: 'create', task: { title: ' ' } }, '/body/operations/1/task/title'],
      [{ op: 'create', task: { title: 'a' }, ifVersion: 1 }, '/body/operations/1/ifVersion'],
      [{ op: 'update', id }, '/body/operations/1/changes'],
      [{ op: 'update', id, changes: { version: 3 } }, '/body/operations/1/changes/version'],
      [{ op: 'delete', id: 'x' }, '/body/operations/1/id'],
      [{ op: 'erase', id }, '/body/operations/1/op'],
      [{ id }, '/body/operations/1/op'],
    ]
    for (const [operation, path] of faulty) {
      const refused = await send(token, { operations: [{ op: 'restore', id }, operation] })
      expect([operation, refused]).toMatchObject([operation, { status: 422, body: { index: 1, errors: [{ path }] } }])
    }
    for (const operations of [[], Array.from({ length: 101 }, () => ({ op: 'restore', id }))]) {
      expect(await send(token, { operations })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/body/operations' }] },
      })
    }
    expect((await client.listTasks()).body.items).toMatchObject([{ title: 'b', version: 2 }])
  })

  test('may be asked for by pages of other origins', async () => {
    const headers = { origin: app.baseUrl, 'access-control-request-method': 'POST' }
    const reply = await fetch(`${app.baseUrl}/api/tasks/batch`, { method: 'OPTIONS', headers })
    expect(reply.headers.get('access-control-allow-methods')).toContain('POST')
  })
})
