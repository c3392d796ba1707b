import { setTimeout as pause } from 'node:timers/promises'
import type { Sync } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectSoon, listenTo } from './listen.ts'
import {
  type ClusterSettings,
  clusterSettings,
  degraded,
  isThorough,
  keepWriting,
  type Member,
  newPostgresUrl,
  ok,
  readiness,
  register,
  revisionsOf,
  startNode,
  untilOk,
} from './nodes.ts'
import { createRedisServer, hasRedis, type RedisServer } from './redis.ts'
import { cleanUp, type Server } from './run-program.ts'

vi.setConfig({ testTimeout: 60_000 })

const guesses = 4

interface Fault {
  begin(redis: RedisServer): unknown
  end(redis: RedisServer): unknown
}

const faults: readonly (readonly [string, Fault])[] = [
  ['stopped', { begin: (redis) => redis.stop(), end: (redis) => redis.start() }],
  ['hung', { begin: (redis) => redis.hang(), end: (redis) => redis.goOn() }],
  ['full', { begin: (redis) => redis.setFull(true), end: (redis) => redis.setFull(false) }],
]

describe.runIf(hasRedis)('Redis', () => {
  let [redis, settings]: [RedisServer?, ClusterSettings?] = []
  let a: Server
  let b: Server
  beforeAll(async () => {
    redis = await createRedisServer()
    await redis.start()
    const limits = { LIMITS: 'on', LIMIT_WRITES: '100000', LIMIT_READS: '100000', LIMIT_LOGINS: String(guesses) }
    settings = { ...clusterSettings(await newPostgresUrl(), redis.url), ...limits, LIMIT_REGISTRATIONS: '1000' }
    ;[a, b] = await Promise.all([startNode(settings), startNode(settings)])
    await untilOk([a, b])
  })
  afterAll(async () => {
    redis?.goOn()
    await cleanUp()
    await redis?.stop()
  })

  async function guess(node: Server, { email }: Member): Promise<number> {
    const reply = await fetch(`${node.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: 'a wrong guess' }),
    })
    await reply.text()
    return reply.status
  }

  async function expectEqual(syncs: readonly Sync[], member: Member): Promise<void> {
    const truth = await revisionsOf(member, a)
    for (const sync of syncs) {
      await expect
        .poll(() => Object.fromEntries([...sync.getSnapshot().tasks].map(([id, task]) => [id, task.revision])), {
          timeout: 10_000,
        })
        .toEqual(truth)
    }
  }

  test.each(faults)(
    'that is %s for a while fails no request, opens no limit, and all heals by itself',
    async (name, fault) => {
      if (!redis) throw new Error('No Redis')
      const [member, victim] = [await register(a), await register(a)]
      const syncs = [a, b].map((node) => member.at(node).sync({ pauses: { first: 20, most: 200 } }))
      const [near, far] = [
        await listenTo(a.url, { token: member.token }),
        await listenTo(b.url, { token: member.token }),
      ]
      expect([await guess(a, victim), await guess(b, victim)]).toEqual([401, 401])

      const load = keepWriting([a, b], member)
      await pause(300)
      const from = load.answers.length
      await fault.begin(redis)
      await expect.poll(async () => [await readiness(a), await readiness(b)]).toEqual([degraded, degraded])
      const { body: task } = await member.at(a).createTask({ body: { title: 'During' } })
      await expectSoon(() => (near.changes.at(-1)?.to ?? 0) >= task.revision, 1_000)
      await expectSoon(() => (far.changes.at(-1)?.to ?? 0) >= task.revision, 2_500)
      const during: number[] = []
      for (const node of [a, b]) for (let index = 0; index <= guesses; index++) during.push(await guess(node, victim))
      // Each knows at least what it has counted itself.
      expect(during.filter((status) => status === 401).length).toBeLessThanOrEqual(2 * guesses - 2)
      expect([during[guesses], during.at(-1)]).toEqual([429, 429])
      await pause(isThorough ? 8_000 : 500)

      await fault.end(redis)
      const healedAt = performance.now()
      await expect.poll(async () => [await readiness(a), await readiness(b)], { timeout: 10_000 }).toEqual([ok, ok])
      const healing = performance.now() - healedAt
      expect([await guess(a, victim), await guess(b, victim)]).toEqual([429, 429])
      const answers = await load.stop()
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
      const times = answers
        .slice(from)
        .map(({ took }) => took)
        .toSorted((x, y) => x - y)
      const middle = times[times.length >> 1] ?? Number.NaN
      process.stderr.write(
        `Redis ${name}: ${times.length} writes, ${Math.round(middle)} ms (median), ${Math.round(times.at(-1) ?? 0)} ms (most); well again after ${Math.round(healing)} ms\n`,
      )
      expect(times.at(-1)).toBeLessThan(3_000)
      await expectEqual(syncs, member)
      for (const sync of syncs) await sync.close()
      for (const { socket } of [near, far]) socket.disconnect()
    },
  )

  test.each(isThorough ? faults : faults.slice(1, 2))(
    'that is %s at the start keeps no server from starting',
    async (_, fault) => {
      if (!redis || !settings) throw new Error('No Redis')
      await fault.begin(redis)
      const node = await startNode(settings)
      expect(await readiness(node)).toEqual(degraded)
      const member = await register(node)
      const device = await listenTo(node.url, { token: member.token })
      await member.at(node).createTask({ body: { title: 'All the same' } })
      await expectSoon(() => device.changes.length === 1)
      const told: number[] = []
      for (let index = 0; index <= guesses; index++) told.push(await guess(node, member))
      expect(told).toEqual([...Array.from({ length: guesses }, () => 401), 429])
      await fault.end(redis)
      await expect.poll(() => readiness(node), { timeout: 10_000 }).toEqual(ok)
      const other = await listenTo(b.url, { token: member.token, since: 0 })
      await member.at(node).createTask({ body: { title: 'Heard on the other' } })
      await expectSoon(() => other.changes.at(-1)?.to === 2, 1_000)
      for (const { socket } of [device, other]) socket.disconnect()
      await node.stop()
    },
  )
})
