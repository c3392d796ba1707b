import { randomUUID } from 'node:crypto'
import { contract } from '@taskwell/api'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transact } from '../src/context.ts'
import { lockName } from '../src/database/sql.ts'
import { startServer } from '../src/start.ts'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly body?: unknown
  readonly key?: string
  readonly ifMatch?: string
}

describe.each(databases)('Idempotency-Key on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  async function send(
    { token }: TestUser,
    { method = 'POST', path = '/api/tasks', body, key, ifMatch }: Sent,
    to = app.baseUrl,
  ) {
    const reply = await fetch(to + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { headers, status } = reply
    const told = ['location', 'etag', 'taskwell-revision', 'content-type', 'cache-control'].map((name) =>
      headers.get(name),
    )
    return { status, told, text: await reply.text() }
  }

  test('a hundred requests at once have one effect and one reply', async () => {
    const user = await app.createUser()
    app.events.length = 0
    const sent = { key: randomUUID(), body: { title: 'Once' } }
    const replies = await Promise.all(Array.from({ length: 100 }, () => send(user, sent)))
    const [first] = replies
    expect(first).toMatchObject({
      status: 201,
      told: [expect.stringMatching(/^\/api\/tasks\//), '"v1"', '1', expect.any(String), expect.any(String)],
    })
    for (const reply of replies) expect(reply).toEqual(first)
    expect((await user.client.listTasks()).body.items).toHaveLength(1)
    expect(app.events).toHaveLength(1)
  })

  test('a key changes nothing about a reply, and the reply of then comes back whatever happened since', async () => {
    const user = await app.createUser()
    const id = randomUUID()
    await user.client.createTask({ body: { id, title: 'a' } })
    const path = `/api/tasks/${id}`
    const plain = await send(user, { method: 'PATCH', path, body: { title: 'b' } })
    await send(user, { method: 'PATCH', path, body: { title: 'a' } })
    const sent = { method: 'PATCH', path, body: { title: 'b' }, key: 'key', ifMatch: '"v3"' }
    const keyed = await send(user, sent)
    const { text, told } = { text: JSON.parse(plain.text), told: plain.told }
    expect(JSON.parse(keyed.text)).toEqual({ ...text, version: 4, revision: 4, updatedAt: expect.any(String) })
    expect(keyed.told).toEqual([null, '"v4"', '4', ...told.slice(3)])
    await send(user, { method: 'PATCH', path, body: { title: 'c' } })
    expect(await send(user, sent)).toEqual(keyed)
    expect((await user.client.getTask({ params: { id } })).body).toMatchObject({ title: 'c', version: 5 })
  })

  test('every unsafe endpoint of tasks, bin and changes understands it', async () => {
    const user = await app.createUser()
    const [id, other] = [randomUUID(), randomUUID()]
    const steps: Sent[] = [
      { body: { id, title: 'a' } },
      { method: 'PATCH', path: `/api/tasks/${id}`, body: { title: 'b' } },
      { method: 'PUT', path: `/api/tasks/${id}`, body: { title: 'c' } },
      { path: '/api/changes/3/undo' },
      { method: 'DELETE', path: `/api/tasks/${id}` },
      { path: `/api/tasks/${id}/restore` },
      {
        path: '/api/tasks/batch',
        body: {
          operations: [
            { op: 'create', task: { id: other, title: 'd' } },
            { op: 'delete', id: other },
            { op: 'delete', id },
          ],
        },
      },
      { method: 'DELETE', path: `/api/bin/${other}` },
      { method: 'DELETE', path: '/api/bin' },
    ]
    for (const step of steps) {
      const sent = { ...step, key: `${step.method} ${step.path}` }
      const first = await send(user, sent)
      const { events } = app
      events.length = 0
      expect([step, first.status]).toEqual([step, expect.toBeOneOf([200, 201, 204])])
      expect([step, await send(user, sent)]).toEqual([step, first])
      expect(events).toEqual([])
    }
    const unsafe = Object.values(contract).filter(
      ({ path, method }) => method !== 'GET' && /^\/api\/(tasks|bin|changes)/.test(path),
    )
    expect(unsafe.filter((endpoint) => !('idempotent' in endpoint))).toEqual([])
    expect(unsafe).toHaveLength(steps.length)
  })

  test('another request under the key is refused; another user has keys of their own', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    const id = randomUUID()
    await send(user, { body: { id, title: 'a' }, key: 'k' })
    const path = `/api/tasks/${id}`
    const change = { method: 'PATCH', path, body: { title: 'b' }, key: 'change' }
    await send(user, change)
    const different: Sent[] = [
      { body: { id, title: 'other' }, key: 'k' },
      { body: { title: 'a', id }, key: 'k' },
      { path: '/api/tasks?', body: { id, title: 'a' }, key: 'k' },
      { ...change, key: 'k' },
      { ...change, method: 'PUT' },
      { ...change, ifMatch: '*' },
      { method: 'DELETE', path, key: 'change' },
    ]
    for (const sent of different) {
      const { status, text } = await send(user, sent)
      expect([sent, status, JSON.parse(text)]).toMatchObject([sent, 422, { code: 'idempotency_key_reused' }])
    }
    expect((await user.client.getTask({ params: { id } })).body).toMatchObject({ title: 'b', version: 2 })
    expect(await send(other, { body: { id, title: 'theirs' }, key: 'k' })).toMatchObject({ status: 201 })
  })

  test('a refused request leaves no trace and is judged anew', async () => {
    const user = await app.createUser()
    const id = randomUUID()
    const sent = { method: 'PATCH', path: `/api/tasks/${id}`, body: { title: 'b' }, key: 'k' }
    expect(await send(user, sent)).toMatchObject({ status: 404 })
    await send(user, { body: { id, title: 'a' } })
    expect(await send(user, sent)).toMatchObject({ status: 200 })
  })

  test('a write whose reply cannot be kept has no effect', async () => {
    const user = await app.createUser()
    app.events.length = 0
    await app.db.schema.alterTable('idempotency_keys').renameTo('hidden').execute()
    try {
      expect(await send(user, { body: { title: 'a' }, key: 'k' })).toMatchObject({
        status: 500,
        told: [null, null, '0', expect.any(String), 'no-store'],
      })
    } finally {
      await app.db.schema.alterTable('hidden').renameTo('idempotency_keys').execute()
    }
    expect((await user.client.listTasks()).body.items).toEqual([])
    expect(app.events).toEqual([])
  })

  test('a kept reply does not outlive the texts that it tells of, and the request has no effect again', async () => {
    const user = await app.createUser()
    const [id, other] = [randomUUID(), randomUUID()]
    const secret = randomUUID()
    const path = `/api/tasks/${id}`
    const told: Sent[] = [
      { body: { id, title: secret }, key: 'create' },
      { method: 'PATCH', path, body: { description: secret }, key: 'change' },
      { method: 'PATCH', path, body: { description: secret }, key: 'change nothing' },
      {
        path: '/api/tasks/batch',
        body: {
          operations: [
            { op: 'create', task: { id: other, title: 'b' } },
            { op: 'delete', id },
            { op: 'restore', id },
          ],
        },
        key: 'batch',
      },
      { method: 'PATCH', path, body: { title: 'public' }, key: 'rename' },
      { path: '/api/changes/6/undo', key: 'undo' },
    ]
    for (const sent of told)
      expect([sent, (await send(user, sent)).status]).toEqual([sent, expect.toBeOneOf([200, 201])])
    const kept = { method: 'PATCH', path: `/api/tasks/${other}`, body: { title: 'c' }, key: 'other' }
    const reply = await send(user, kept)
    await user.client.deleteTask({ params: { id } })
    const erase = { method: 'DELETE', path: `/api/bin/${id}`, key: 'erase' }
    expect(await send(user, erase)).toMatchObject({ status: 204 })
    const rows = await app.db.selectFrom('idempotency_keys').selectAll().where('user_id', '=', user.id).execute()
    expect(rows).toHaveLength(8)
    expect(JSON.stringify(rows)).not.toContain(secret)
    const { revision } = (await user.client.listChanges({ query: { since: 0 } })).body
    for (const sent of told) expect([sent.key, await send(user, sent)]).toMatchObject([sent.key, { status: 404 }])
    expect(await send(user, erase)).toMatchObject({ status: 204 })
    expect(await send(user, kept)).toEqual(reply)
    await user.client.deleteTask({ params: { id: other } })
    await user.client.emptyBin()
    expect(await send(user, kept)).toMatchObject({ status: 404 })
    expect((await user.client.listChanges({ query: { since: 0 } })).body.revision).toBe(revision + 2)
  })

  test('a key is forgotten after a day', async () => {
    const user = await app.createUser()
    const sent = { body: { title: 'a' }, key: 'k' }
    const start = Date.now()
    app.setNow(new Date(start))
    const first = await send(user, sent)
    const hours = (count: number) => app.setNow(new Date(start + count * 3_600_000))
    hours(23.9)
    expect(await send(user, sent)).toEqual(first)
    hours(24.1)
    const second = await send(user, sent)
    expect(second.text).not.toEqual(first.text)
    hours(48)
    expect(await send(user, sent)).toEqual(second)
    app.setNow(undefined)
    expect((await user.client.listTasks()).body.items).toHaveLength(2)
  })

  test('a key is 1 to 255 printable ASCII characters', async () => {
    const user = await app.createUser()
    for (const key of ['', 'é', 'x'.repeat(256), 'a\tb']) {
      const { status, text } = await send(user, { body: { title: 'a' }, key })
      const errors = [{ path: '/headers/idempotency-key' }]
      expect([key, status, JSON.parse(text)]).toMatchObject([key, 422, { code: 'validation_failed', errors }])
    }
    expect(await send(user, { body: { title: 'a' }, key: `${'x'.repeat(253)} ~` })).toMatchObject({ status: 201 })
    const { body } = await user.client.createTask({ body: { title: 'b' }, idempotencyKey: 'c' })
    expect((await user.client.createTask({ body: { title: 'b' }, idempotencyKey: 'c' })).body).toEqual(body)
  })
})

describe('Idempotency-Key on several nodes', () => {
  const [, postgres] = databases
  if (!postgres) throw new Error('PostgreSQL is one of the databases')
  let app: TestApp
  let second: Awaited<ReturnType<typeof startServer>>
  beforeAll(async () => {
    app = await startApp(postgres)
    second = await startServer(app.config, { log: pino({ level: 'silent' }) })
  })
  afterAll(async () => {
    await second.stop()
    await app.stop()
  })

  function create(user: TestUser, baseUrl: string) {
    const headers = {
      authorization: `Bearer ${user.token}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
    }
    return fetch(`${baseUrl}/api/tasks`, { method: 'POST', headers, body: '{"title":"Once"}' })
  }

  test('duplicates on both nodes at once have one effect and one reply', async () => {
    const user = await app.createUser()
    const nodes = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? app : second).baseUrl)
    const replies = await Promise.all(nodes.map(async (node) => (await create(user, node)).text()))
    expect(new Set(replies).size).toBe(1)
    expect((await user.client.listTasks()).body.items).toHaveLength(1)
  })

  test('a duplicate waits five seconds for the first, then says that it is in progress', async () => {
    const user = await app.createUser()
    const held = JSON.stringify(['idempotency key', user.id, 'k'])
    await transact({ db: app.db, publish: () => {} }, async (ctx) => {
      await lockName(ctx.db, held, 0)
      const start = Date.now()
      const reply = await create(user, app.baseUrl)
      expect([reply.status, await reply.json()]).toMatchObject([409, { code: 'request_in_progress' }])
      expect(Date.now() - start).toBeGreaterThan(4_500)
    })
    expect((await create(user, app.baseUrl)).status).toBe(201)
  })
})
