import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answerOf, expectSoon, listenTo, openSocket } from './listen.ts'
import {
  type ClusterSettings,
  clusterSettings,
  degraded,
  type Member,
  isThorough,
  newPostgresUrl,
  ok,
  readiness,
  register,
  revisionsOf,
  startNode,
  untilOk,
} from './nodes.ts'
import { createProxy } from './proxy.ts'
import { createRedisServer, hasRedis, type RedisServer } from './redis.ts'
import { jsonAs } from './requests-http.ts'
import { cleanUp, newFolder, runCommand, type Server } from './run-program.ts'
import { password } from './start-app.ts'

vi.setConfig({ testTimeout: 60_000 })

const writes = isThorough ? 4_000 : 400

describe.runIf(hasRedis)('two servers on one PostgreSQL, with Redis', () => {
  let [redis, settings]: [RedisServer?, ClusterSettings?] = []
  let a: Server
  let b: Server
  beforeAll(async () => {
    redis = await createRedisServer()
    await redis.start()
    settings = clusterSettings(await newPostgresUrl(), redis.url)
    ;[a, b] = await Promise.all([startNode(settings), startNode(settings)])
    await untilOk([a, b])
  })
  afterAll(async () => {
    await cleanUp()
    await redis?.stop()
  })

  test('a write on one reaches the connections to the other, in order, within a fraction of a second', async () => {
    const figures = (await Promise.all([1, 2, 3, 4].map(() => measure(writes / 4)))).flat()
    const sorted = figures.toSorted((x, y) => x - y)
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)
    process.stderr.write(
      `a write on A is on B after ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (most), over ${sorted.length}\n`,
    )
    expect(sorted).toHaveLength(writes)
    // Without Redis half of them would take more than a quarter of a second.
    expect(at(0.5)).toBeLessThan(150)
    expect(at(0.99)).toBeLessThan(1_000)
  })

  /** Milliseconds from the reply to each write until it is told on the other server; 0 for earlier. */
  async function measure(count: number): Promise<number[]> {
    const member = await register(a)
    const device = await listenTo(b.url, { token: member.token })
    const arrivals = new Map<number, number>()
    let told = device.ready.revision
    device.socket.on('changes', ({ from, to }) => {
      expect(from).toBe(told)
      for (let revision = from + 1; revision <= to; revision++) arrivals.set(revision, performance.now())
      told = to
    })
    const answered = new Map<number, number>()
    for (let index = 0; index < count; index++) {
      const { body } = await member.at(a).createTask({ body: { title: `Task ${index}` } })
      answered.set(body.revision, performance.now())
    }
    await expectSoon(() => told === count)
    device.socket.disconnect()
    return [...answered].map(([revision, at]) => Math.max(0, (arrivals.get(revision) ?? Number.NaN) - at))
  }

  /** What somebody does on one server to end how they are signed in on the other. */
  const farewells: readonly (readonly [string, (member: Member, other: Member) => Promise<unknown>])[] = [
    ['signing out', (_, other) => other.at(a).logout()],
    ['ending all other sessions', (member) => member.at(a).endOtherSessions()],
    [
      'a new password',
      (member) =>
        fetch(`${a.url}/api/auth/change-password`, {
          method: 'POST',
          headers: jsonAs(member.token),
          body: JSON.stringify({ currentPassword: password, newPassword: 'another correct horse' }),
        }),
    ],
    [
      'a new password from the command line',
      ({ email }) => runCommand(['user', 'set-password', email], settings, 'another correct horse\n'),
    ],
    ['deleting the account', (member) => member.at(a).deleteAccount({ body: { password } })],
  ]

  test.each(farewells)('%s is known to the other server at once, and ends connections there', async (_, leave) => {
    const member = await register(a)
    const { headers } = await createClient({ baseUrl: b.url }).login({ body: { email: member.email, password } })
    const token = headers.get('set-auth-token') ?? ''
    const other = { ...member, token, at: ({ url }: Server) => createClient({ baseUrl: url, token: () => token }) }
    const device = await listenTo(b.url, { token })
    await leave(member, other)
    const began = performance.now()
    expect((await fetch(`${b.url}/api/account`, { headers: jsonAs(token) })).status).toBe(401)
    await expectSoon(() => !device.socket.connected, 1_000 - (performance.now() - began))
    expect(device.others).toEqual(['session:ended'])
    expect(await answerOf(openSocket(b.url, { token }))).toMatchObject({ code: 'unauthenticated' })
  })

  test('an API token that is deleted on one ends its connections to the other', async () => {
    const member = await register(a)
    const { body } = await member.at(a).createToken({ body: { name: 'cron', scopes: ['tasks:read'] } })
    const device = await listenTo(b.url, { token: body.token })
    await member.at(a).deleteToken({ params: { id: body.id } })
    await expectSoon(() => !device.socket.connected, 1_000)
  })

  test('a changed profile is told on the other', async () => {
    const member = await register(a)
    const device = await listenTo(b.url, { token: member.token })
    await member.at(a).updateAccount({ body: { name: 'Grace' } })
    await expectSoon(() => device.users.at(-1)?.name === 'Grace', 1_000)
    device.socket.disconnect()
  })

  test('a hundred equal requests with one key, at once on both, have one effect and equal replies', async () => {
    const member = await register(a)
    const body = JSON.stringify({ title: 'Once' })
    const headers = { ...jsonAs(member.token), 'idempotency-key': randomUUID() }
    const replies = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const reply = await fetch(`${(index % 2 ? a : b).url}/api/tasks`, { method: 'POST', headers, body })
        const told = ['location', 'etag', 'taskwell-revision'].map((name) => reply.headers.get(name))
        return JSON.stringify([reply.status, told, await reply.text()])
      }),
    )
    expect(new Set(replies).size, [...new Set(replies)].join('\n')).toBe(1)
    expect(replies[0]).toMatch(/^\[201,/)
    expect((await member.at(b).listTasks()).body.items).toHaveLength(1)
  })

  test('who is served by a server that dies moves on, and has everything within five seconds', async () => {
    const node = await startNode(settings ?? {})
    await untilOk([a, b, node])
    const member = await register(a)
    const proxy = await createProxy([node, b])
    const client = createClient({ baseUrl: proxy.url, token: () => member.token })
    const syncs = Array.from({ length: 5 }, () => client.sync({ pauses: { first: 50, most: 500 } }))
    for (const sync of syncs) await vi.waitUntil(() => sync.getSnapshot().status === 'live', { timeout: 5_000 })
    for (const [index, sync] of syncs.entries()) sync.createTask({ title: `Before ${index}` })
    node.child.kill('SIGKILL')
    const began = performance.now()
    for (const [index, sync] of syncs.entries()) sync.createTask({ title: `After ${index}` })
    await member.at(a).createTask({ body: { title: 'From elsewhere' } })
    for (const sync of syncs) {
      await vi.waitUntil(() => sync.getSnapshot().pending === 0 && sync.getSnapshot().tasks.size === 11, {
        timeout: 5_000,
      })
    }
    expect(performance.now() - began).toBeLessThan(5_000)
    const truth = await revisionsOf(member, a)
    for (const sync of syncs) {
      const { tasks } = sync.getSnapshot()
      expect(Object.fromEntries([...tasks].map(([id, { revision }]) => [id, revision]))).toEqual(truth)
      await sync.close()
    }
    await proxy.close()
    await untilOk([a, b])
  })

  test('what one has counted, the other counts', async () => {
    const limited = { ...settings, LIMITS: 'on', LIMIT_WRITES: '10', LIMIT_LOGINS: '4' }
    const [c, d] = await Promise.all([startNode(limited), startNode(limited)])
    const member = await register(c)
    const write = async (node: Server) => {
      const init = { method: 'POST', headers: jsonAs(member.token), body: '{"title":"Counted"}' }
      const reply = await fetch(`${node.url}/api/tasks`, init)
      return { status: reply.status, left: /"writes";r=(\d+)/.exec(reply.headers.get('ratelimit') ?? '')?.[1] }
    }
    const told = []
    for (let index = 0; index < 12; index++) told.push(await write(index % 2 ? c : d))
    expect(told.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 201), 429, 429])
    expect(told.map(({ left }) => left)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0', '0', '0'])
    const guesses = []
    for (let index = 0; index < 6; index++) {
      const reply = await fetch(`${(index % 2 ? c : d).url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: member.email, password: 'a wrong guess' }),
      })
      guesses.push(reply.status)
    }
    expect(guesses).toEqual([401, 401, 401, 401, 429, 429])
    await Promise.all([c, d].map((node) => node.stop()))
  })
})

describe('two servers on one PostgreSQL, without Redis', () => {
  afterAll(cleanUp)

  test('say that they need it, and still tell each other what is written', async () => {
    const settings = clusterSettings(await newPostgresUrl())
    const a = await startNode(settings)
    expect(await readiness(a)).toEqual(ok)
    const b = await startNode(settings)
    expect(await readiness(b)).toEqual(degraded)
    const member = await register(a)
    const device = await listenTo(b.url, { token: member.token })
    await member.at(a).createTask({ body: { title: 'Found' } })
    await expectSoon(() => device.changes.length === 1, 1_500)
    await member.at(a).logout()
    await expectSoon(() => !device.socket.connected, 1_500)
    const { stdout } = await b.stop()
    expect(stdout).toContain('set REDIS_URL')
    await expect.poll(() => readiness(a)).toEqual(ok)
    await a.stop()
  })

  test('make one backup between them', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    const settings = { ...clusterSettings(await newPostgresUrl()), BACKUP_DIR: folder, LOG_LEVEL: 'info' }
    const nodes = await Promise.all([startNode(settings), startNode(settings)])
    await expect
      .poll(() => readdirSync(folder).some((name) => name.endsWith('.backup')), { timeout: 15_000 })
      .toBe(true)
    await pause(2_000)
    const logs = (await Promise.all(nodes.map((node) => node.stop()))).map(({ stdout }) => stdout).join('')
    expect(logs.match(/"msg":"backed up"/g)).toHaveLength(1)
    expect(logs).not.toContain('background work failed')
  })
})
