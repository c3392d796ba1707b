import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOnce, type NewReply } from '../src/http/answer-once.ts'
import { createNameTurns } from '../src/http/name-turns.ts'
import { startServer } from '../src/start.ts'
import { createUser } from '../src/tasks/testing.ts'
import { databases } from './databases.ts'
import { expectSoon, listenTo } from './listen.ts'
import { createPostgres, type PostgresServer } from './postgres.ts'
import { expectProblem, jsonAs } from './requests-http.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const [, postgres] = databases
if (!postgres) throw new Error('PostgreSQL is one of the databases')

async function ask(baseUrl: string, token: string, path: string, init: RequestInit = {}) {
  const began = performance.now()
  const reply = await fetch(baseUrl + path, { ...init, headers: { ...jsonAs(token), ...init.headers } })
  const headers = Object.fromEntries(reply.headers)
  return { status: reply.status, headers, text: await reply.text(), time: performance.now() - began }
}

describe('more requests than PostgreSQL has connections for', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(postgres)
  })
  afterAll(() => app.stop())

  function post(user: TestUser, headers: Record<string, string> = {}) {
    return ask(app.baseUrl, user.token, '/api/tasks', { method: 'POST', body: '{"title":"a"}', headers })
  }

  /** Makes every write of these users wait until `work` is done. */
  async function whileSpacesAreHeld<T>(users: readonly TestUser[], work: () => Promise<T>): Promise<T> {
    for (const user of users) await user.client.createTask({ body: { title: 'The first' } })
    const ids = users.map(({ id }) => id)
    return app.db.transaction().execute(async (db) => {
      await db.selectFrom('spaces').select('id').where('owner_id', 'in', ids).forUpdate().execute()
      return work()
    })
  }

  test('a user whose writes wait takes one connection, however many they are', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    const writes: ReturnType<typeof post>[] = []
    await whileSpacesAreHeld([user], async () => {
      for (let index = 0; index < 30; index++) writes.push(post(user))
      await new Promise((resolve) => setTimeout(resolve, 300))
      const reply = await ask(app.baseUrl, other.token, '/api/tasks')
      expect([reply.status, reply.time < 2_000]).toEqual([200, true])
    })
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 201))
  })

  test('who gets no connection in time is told to come again, and all is well afterwards', async () => {
    const other = await app.createUser()
    const users = await Promise.all(Array.from({ length: 12 }, () => app.createUser()))
    const writes: ReturnType<typeof post>[] = []
    await whileSpacesAreHeld(users, async () => {
      for (const user of users) writes.push(post(user))
      await new Promise((resolve) => setTimeout(resolve, 300))
      const reply = await ask(app.baseUrl, other.token, '/api/tasks')
      expectProblem(reply, 503, 'overloaded')
      expect(reply.headers['retry-after']).toBe('1')
      expect(reply.time).toBeLessThan(8_000)
    })
    const statuses = (await Promise.all(writes)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([...Array.from({ length: 10 }, () => 201), 503, 503])
    expect(await ask(app.baseUrl, other.token, '/api/tasks')).toMatchObject({ status: 200 })
  })

  test('duplicates of one request that wait for the first take no connections from others', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    const duplicates: ReturnType<typeof post>[] = []
    const key = { 'idempotency-key': randomUUID() }
    await whileSpacesAreHeld([user], async () => {
      duplicates.push(post(user, key))
      // Whichever came in first would be the one that the others wait for.
      await new Promise((resolve) => setTimeout(resolve, 500))
      for (let index = 1; index < 30; index++) duplicates.push(post(user, key))
      await new Promise((resolve) => setTimeout(resolve, 300))
      const reply = await ask(app.baseUrl, other.token, '/api/tasks')
      expect([reply.status, reply.time < 2_000]).toEqual([200, true])
      for (const late of (await Promise.all(duplicates.slice(1))).slice(0, 3)) {
        expectProblem(late, 409, 'request_in_progress')
        expect(late.time).toBeGreaterThan(4_500)
        expect(late.time).toBeLessThan(7_500)
      }
    })
    expect(await duplicates[0]).toMatchObject({ status: 201 })
    expect(await post(user, key)).toMatchObject({ status: 201 })
    expect((await user.client.listTasks()).body.items).toHaveLength(2)
  })
})

describe.each(databases)('a duplicate of a request that takes long, on %s', (database) => {
  test('waits five seconds, then hears that it is in progress, and afterwards the reply', async () => {
    const store = await database.open()
    const user = await createUser(store.db)
    const turns = createNameTurns()
    const keyed = { request: { method: 'POST', url: '/', headers: {}, bodyBytes: null }, key: 'k', turns }
    let finish: (reply: NewReply) => void = () => {}
    const first = answerOnce(user, keyed, () => new Promise<NewReply>((resolve) => (finish = resolve)))
    const began = performance.now()
    const again = () => Promise.reject(new Error('The work was done again'))
    await expect(answerOnce(user, keyed, again)).rejects.toMatchObject({ code: 'request_in_progress' })
    expect(performance.now() - began).toBeGreaterThan(4_500)
    expect(performance.now() - began).toBeLessThan(7_000)
    const patient = answerOnce(user, keyed, again)
    finish({ status: 200, headers: {}, body: '"done"', taskIds: [] })
    expect(await first).toMatchObject({ body: '"done"' })
    expect(await patient).toMatchObject({ body: '"done"' })
    await store.close()
  })
})

describe('a PostgreSQL that goes away', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await createPostgres()
    await server.start()
  })
  afterAll(() => server.remove())

  test('is answered with 503 until it is back, and then all goes on, open connections included', async () => {
    const app = await startApp({
      prepare: async () => ({ config: { kind: 'postgres', url: `${server.url}postgres` }, remove: () => {} }),
    })
    const user = await app.createUser()
    const { body: task } = await user.client.createTask({ body: { title: 'before' } })
    const device = await listenTo(app.baseUrl, { token: user.token })
    const path = `/api/tasks/${task.id}`
    const writing = Array.from({ length: 20 }, () =>
      ask(app.baseUrl, user.token, path, { method: 'PATCH', body: '{"priority":"high"}' }),
    )
    await server.stop()
    for (const { status } of await Promise.all(writing)) expect([200, 503]).toContain(status)
    for (const init of [{}, { method: 'PATCH', body: '{"title":"during"}' }]) {
      const reply = await ask(app.baseUrl, user.token, path, init)
      expectProblem(reply, 503, 'unavailable')
      expect(reply.headers['retry-after']).toBe('1')
    }
    expect((await fetch(`${app.baseUrl}/health/live`)).status).toBe(200)
    expect((await fetch(`${app.baseUrl}/health/ready`)).status).toBe(503)
    await server.start()
    await expect.poll(async () => (await fetch(`${app.baseUrl}/health/ready`)).status, { timeout: 5_000 }).toBe(200)
    const { body: changed } = await user.client.updateTask({ params: { id: task.id }, body: { title: 'after' } })
    const seen = device.socket.connected ? device : await listenTo(app.baseUrl, { token: user.token, since: 1 })
    await expectSoon(() => seen.changes.at(-1)?.to === changed.revision)
    await app.stop()
  })
})

test('a kept reply outlives a restart', async () => {
  for (const database of databases) {
    const { config: store, remove } = await database.prepare()
    const app = await startApp(
      { prepare: async () => ({ config: store, remove: () => {} }) },
      { AUTH_SECRET: 'the same secret for both of them, at least 32' },
    )
    const user = await app.createUser()
    const init = { method: 'POST', body: '{"title":"once"}', headers: { 'idempotency-key': 'k' } }
    const first = await ask(app.baseUrl, user.token, '/api/tasks', init)
    const { config } = app
    await app.stop()
    const again = await startServer(config, { log: pino({ level: 'silent' }) })
    expect(await ask(again.baseUrl, user.token, '/api/tasks', init)).toMatchObject({ text: first.text, status: 201 })
    await again.stop()
    remove()
  }
})
