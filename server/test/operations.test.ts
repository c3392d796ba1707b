import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { sql } from 'kysely'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { transact } from '../src/context.ts'
import { databases } from './databases.ts'
import { cleanUp, newFolder, startServer, startServerProgram } from './run-program.ts'
import { startApp } from './start-app.ts'

vi.setConfig({ testTimeout: 90_000 })
afterEach(cleanUp)

describe.each(databases)('figures for Prometheus on %s', (database) => {
  test('tell of requests by route, sockets, mails, database and process, and of nothing that a stranger could make up', async () => {
    const app = await startApp(database, { METRICS: 'on' })
    const user = await app.createUser()
    await user.client.createTask({ body: { title: 'Measured' } })
    for (let index = 0; index < 5; index++) await fetch(`${app.baseUrl}/made-up/${index}`)
    const reply = await fetch(`${app.baseUrl}/metrics`)
    const text = await reply.text()
    expect(reply.headers.get('content-type')).toContain('text/plain')
    expect(text).toMatch(
      /taskwell_http_request_duration_seconds_count\{method="POST",route="\/api\/tasks",status="201"\} 1/,
    )
    expect(text).toMatch(/route="none",status="404"\} 5/)
    expect(text).not.toContain('made-up')
    expect(text).not.toContain(user.id)
    for (const name of [
      'taskwell_sockets 0',
      'taskwell_outbox_mails',
      'taskwell_outbox_age_seconds',
      'nodejs_eventloop_lag',
    ]) {
      expect(text).toContain(name)
    }
    expect(text).toMatch(/taskwell_database_bytes [1-9]\d{4}/)
    expect(text.includes('taskwell_pool_idle')).toBe(database.kind === 'postgres')
    await app.stop()
  })
})

describe('who may read the figures', () => {
  const [sqlite] = databases
  if (sqlite === undefined) throw new Error('No SQLite')

  test('is nobody unless they are switched on', async () => {
    const app = await startApp(sqlite)
    expect((await fetch(`${app.baseUrl}/metrics`)).status).toBe(404)
    await app.stop()
  })

  test('is nobody who comes through a proxy that is not named', async () => {
    const app = await startApp(sqlite, { METRICS: 'on' })
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect((await fetch(`${app.baseUrl}/metrics`, { headers })).status).toBe(404)
    await app.stop()
  })

  test('is nobody from a public address behind a named proxy, but a neighbour there is', async () => {
    const app = await startApp(sqlite, { METRICS: 'on', TRUST_PROXY: '127.0.0.1' })
    const from = async (address: string) =>
      (await fetch(`${app.baseUrl}/metrics`, { headers: { 'x-forwarded-for': address } })).status
    expect({ far: await from('203.0.113.9'), near: await from('10.1.2.3') }).toEqual({ far: 404, near: 200 })
    await app.stop()
  })

  test('is whoever has the token, where one is set, and nobody else', async () => {
    const token = 'a-token-of-enough-characters'
    const app = await startApp(sqlite, { METRICS: 'on', METRICS_TOKEN: token })
    const from = async (authorization?: string) =>
      (await fetch(`${app.baseUrl}/metrics`, authorization ? { headers: { authorization } } : {})).status
    expect([await from(), await from('Bearer wrong'), await from(`Bearer ${token}`)]).toEqual([401, 401, 200])
    await app.stop()
  })
})

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('on %s', (database) => {
  test('transactions that deadlock are done again, and both come to their end', async () => {
    const { db, close } = await database.open()
    for (const name of ['one', 'two']) await db.insertInto('settings').values({ name, value: '' }).execute()
    const runs: string[] = []
    const published: string[] = []
    const write = (first: string, second: string, pause: number) =>
      transact(
        { db, publish: (news) => void published.push('spaceId' in news ? news.spaceId : news.userId) },
        async (ctx) => {
          runs.push(first)
          ctx.publish({ spaceId: first, revision: 1 })
          for (const name of [first, second]) {
            await ctx.db.updateTable('settings').set({ value: first }).where('name', '=', name).execute()
            await new Promise((resolve) => void setTimeout(resolve, pause))
          }
        },
      )
    await Promise.all([write('one', 'two', 300), write('two', 'one', 300)])
    expect(runs.length).toBe(3)
    expect(published.toSorted()).toEqual(['one', 'two'])
    await close()
  })

  test('nobody waits for ever: statements, locks and open transactions have their time', async () => {
    const { db, close } = await database.open()
    const { rows } = await sql<{ name: string; setting: string }>`
      select name, setting from pg_settings where name in
      ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') order by name`.execute(db)
    expect(rows.map(({ setting }) => Number(setting))).toEqual([60_000, 10_000, 30_000])
    await close()
  })

  test('a server in production refuses settings that lose commits, unless told otherwise', async () => {
    const { config } = await database.create()
    const settings = {
      NODE_ENV: 'production',
      DATABASE_URL: config.kind === 'postgres' ? config.url : '',
      AUTH_SECRET: 'a secret of at least thirty-two characters',
      DATA_DIR: newFolder(),
    }
    const { code, stderr } = await startServerProgram(settings).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^taskwell: PostgreSQL runs with fsync off.*ALLOW_UNSAFE_POSTGRES=on\.\n$/)
    await startServer({ ...settings, ALLOW_UNSAFE_POSTGRES: 'on' })
  })
})

test('ten times told to stop under load, the server loses no request', async () => {
  const dataDir = newFolder()
  for (let round = 0; round < 10; round++) {
    const server = await startServer({ DATA_DIR: dataDir })
    const load = startLoad(server.url)
    await new Promise((resolve) => void setTimeout(resolve, 500))
    load.expectEnd()
    const ended = await server.stop()
    const { served, failed } = await load.ended
    expect({ code: ended.code, failed }).toEqual({ code: 0, failed: [] })
    expect(served).toBeGreaterThan(50)
    expect(ended.milliseconds).toBeLessThan(60_000)
  }
})

/**
 * Clients on connections that stay open. A refused new connection is the orderly end; everything else is a loss.
 */
function startLoad(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  let isStopping = false
  let served = 0
  const failed: string[] = []
  const clients = Array.from({ length: 10 }, async () => {
    for (;;) {
      const outcome = await ask(url, agent)
      if (outcome === 'served') served += 1
      else if (isStopping && outcome === 'ECONNREFUSED') return
      else failed.push(outcome)
      await new Promise((resolve) => void setTimeout(resolve, 10))
    }
  })
  return {
    expectEnd: () => void (isStopping = true),
    ended: Promise.all(clients).then(() => ({ served, failed })),
  }
}

async function ask(url: string, agent: Agent): Promise<string> {
  const sent = request(`${url}/health`, { agent })
  sent.end()
  try {
    const [response] = await once(sent, 'response')
    for await (const _ of response);
    return response.statusCode === 200 ? 'served' : `status ${response.statusCode}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
