import { once } from 'node:events'
import { Agent, type ClientRequest, request } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@taskwell/api'
import { sql } from 'kysely'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { transact } from '../src/context.ts'
import { databases } from './databases.ts'
import { register } from './nodes.ts'
import { jsonAs } from './requests-http.ts'
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

describe.each(databases)('a probe of a server on %s', (database) => {
  test('is told that the schema is not the one of the program, and no more', async () => {
    const app = await startApp(database)
    expect((await fetch(`${app.baseUrl}/health/ready`)).status).toBe(200)
    await sql`delete from migrations where name = (select max(name) from migrations)`.execute(app.db)
    const reply = await fetch(`${app.baseUrl}/health/ready`)
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({
      code: 'unavailable',
      part: 'migrations',
      detail: 'Not ready: migrations.',
    })
    await app.stop()
  })
})

describe('figures of the limits', () => {
  const [sqlite] = databases
  if (sqlite === undefined) throw new Error('No SQLite')

  test('tell how many requests each of them refused', async () => {
    const app = await startApp(sqlite, { METRICS: 'on', LIMITS: 'on', LIMIT_WRITES: '2' })
    const user = await app.createUser()
    const init = { method: 'POST', headers: jsonAs(user.token), body: '{"title":"Counted"}' }
    for (let index = 0; index < 5; index++) await (await fetch(`${app.baseUrl}/api/tasks`, init)).text()
    const text = await (await fetch(`${app.baseUrl}/metrics`)).text()
    expect(text).toContain('taskwell_limited_requests_total{limit="writes"} 3\n')
    expect(text).not.toContain('limit="reads"')
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
    const write = (first: string, second: string, rest: number) =>
      transact(
        { db, publish: (news) => void published.push('spaceId' in news ? news.spaceId : news.userId) },
        async (ctx) => {
          runs.push(first)
          ctx.publish({ spaceId: first, revision: 1 })
          for (const name of [first, second]) {
            await ctx.db.updateTable('settings').set({ value: first }).where('name', '=', name).execute()
            await pause(rest)
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
  const settings = { DATA_DIR: newFolder(), LIMITS: 'off' }
  let [token, written, served, seconds, longestStop] = ['', 0, 0, 0, 0]
  for (let round = 0, stalls = 0; round < 10; round++) {
    const server = await startServer(settings)
    if (token === '') token = (await register(server)).token
    const delay = monitorEventLoopDelay({ resolution: 5 })
    const begun = performance.now()
    const load = startLoad(server.url, token)
    await pause(500)
    load.expectEnd()
    delay.enable()
    const told = performance.now()
    const { code } = await server.stop()
    longestStop = Math.max(longestStop, performance.now() - told)
    const counts = await load.ended
    delay.disable()
    // Clients that were kept from sending for longer than the server waits for them say nothing: once more, a few times.
    const hasStalled = delay.max > 700e6 && counts.failed.every((outcome) => outcome === 'ECONNRESET')
    if (hasStalled && counts.failed.length > 0 && stalls++ < 5) round -= 1
    else expect({ code, failed: counts.failed }).toEqual({ code: 0, failed: [] })
    served += counts.served
    written += counts.written
    seconds += (performance.now() - begun) / 1000
  }
  process.stderr.write(
    `stopped under ${Math.round(served / seconds)} requests a second, ${written} of ${served} were writes; the longest stop took ${Math.round(longestStop)} ms\n`,
  )
  expect(served).toBeGreaterThan(500)
  // What compose files and systemd unit allow before they kill it.
  expect(longestStop).toBeLessThan(15_000)
  const server = await startServer(settings)
  const { body } = await createClient({ baseUrl: server.url, token: () => token }).listTasks({
    query: { count: 'exact', limit: 1 },
  })
  expect(body.total).toBe(written)
})

/**
 * Clients on connections that stay open. A refused new connection is the orderly end; everything else is a loss.
 */
function startLoad(url: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  let isStopping = false
  let [served, written] = [0, 0]
  const failed: string[] = []
  const clients = Array.from({ length: 10 }, async (_, client) => {
    for (let turn = client; ; turn++) {
      const isWrite = turn % 5 === 0
      const outcome = await (isWrite ? write(url, token, agent) : read(url, token, agent))
      if (outcome === 'served') {
        served += 1
        written += Number(isWrite)
      } else if (isStopping && outcome === 'ECONNREFUSED') return
      else if (outcome !== 'overloaded') failed.push(outcome)
      await pause(10)
    }
  })
  return {
    expectEnd: () => void (isStopping = true),
    ended: Promise.all(clients).then(() => ({ served, written, failed })),
  }
}

function read(url: string, token: string, agent: Agent): Promise<string> {
  return ask(request(`${url}/api/tasks?limit=20`, { agent, headers: jsonAs(token) }), 200)
}

function write(url: string, token: string, agent: Agent): Promise<string> {
  const sent = request(`${url}/api/tasks`, { method: 'POST', agent, headers: jsonAs(token) })
  return ask(sent, 201, '{"title":"Written while the server stops"}')
}

async function ask(sent: ClientRequest, expected: number, body?: string): Promise<string> {
  sent.end(body)
  try {
    const [response] = await once(sent, 'response')
    let text = ''
    for await (const part of response) text += String(part)
    if (response.statusCode === expected) return 'served'
    // A busy machine may shed load at any time, with nothing done and a reply that says so.
    return text.includes('"overloaded"') ? 'overloaded' : `status ${response.statusCode}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
