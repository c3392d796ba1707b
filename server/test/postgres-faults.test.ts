import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectSoon, listenTo } from './listen.ts'
import {
  type Answer,
  ask,
  clusterSettings,
  isThorough,
  keepWriting,
  newPostgresUrl,
  register,
  revisionsOf,
  startNode,
} from './nodes.ts'
import { createPostgres, type PostgresServer } from './postgres.ts'
import { cleanUp, runCommand } from './run-program.ts'

vi.setConfig({ testTimeout: 90_000 })

describe('a PostgreSQL that servers share', () => {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await createPostgres()
    await postgres.start()
  })
  afterEach(cleanUp)
  afterAll(() => postgres.remove())

  test('that is restarted under load loses no write that was answered, and all goes on within five seconds', async () => {
    const settings = clusterSettings(await newPostgresUrl(postgres.url, 'template1'))
    const a = await startNode(settings)
    const b = await startNode(settings)
    const member = await register(a)
    for (let round = 0; round < (isThorough ? 5 : 1); round++) {
      const load = keepWriting([a, a, b, b], member)
      await pause(500)
      await postgres.stop()
      await pause(500)
      await postgres.start()
      const startedAt = performance.now()
      await expectSoon(() => isNormal(load.answers))
      const answers = await load.stop()
      const refused = answers.filter(({ status }) => status !== 201)
      expect(new Set(refused.map(told))).toEqual(new Set(['503 with Retry-After']))
      const healed = Math.max(...refused.map(({ at }) => at)) - startedAt
      const saved = answers.filter(({ status }) => status === 201)
      process.stderr.write(
        `PostgreSQL restarted: ${saved.length} writes saved, ${refused.length} refused, the last ${Math.round(healed)} ms after it was back\n`,
      )
      const truth = await revisionsOf(member, b)
      expect(saved.filter(({ id }) => truth[id] === undefined)).toEqual([])
    }
    // The servers hold it again: nobody may take it from under them.
    const { code, stderr } = await runCommand(['reset', '--yes'], settings)
    expect([code, stderr]).toEqual([1, expect.stringContaining('stop it first')])
  })

  test('that hangs is answered with 503 within five seconds, and all goes on when it does', async () => {
    const node = await startNode(clusterSettings(await newPostgresUrl(postgres.url, 'template1')))
    const member = await register(node)
    await ask(node, member, '/api/tasks', { title: 'Before' })
    const device = await listenTo(node.url, { token: member.token })
    const stop = new AbortController()
    const probing = probe(node.url, stop.signal)
    const load = keepWriting([node, node, node, node], member)
    await pause(300)
    postgres.hang()
    const hungAt = performance.now()
    const answers: Answer[] = []
    while (performance.now() - hungAt < (isThorough ? 30_000 : 5_000)) {
      const paths = ['/api/tasks', '/api/dashboard/stats', '/api/account', '/api/auth/session', '/health/ready']
      // More of them than there are connections.
      const asked = [...paths, ...paths, ...paths].map((path) => ask(node, member, path))
      answers.push(...(await Promise.all([...asked, ask(node, member, '/api/tasks', { title: 'During' })])))
      await pause(100)
    }
    postgres.goOn()
    const wentOnAt = performance.now()
    await expectSoon(() => isNormal(load.answers))
    stop.abort()
    const writes = await load.stop()
    const late = Math.max(...answers.map(({ took }) => took), ...writes.map(({ took }) => took))
    const refused = writes.filter(({ status }) => status !== 201)
    const healed = Math.max(...refused.map(({ at }) => at)) - wentOnAt
    const slowest = await probing
    process.stderr.write(
      `PostgreSQL hung: ${answers.length} requests, the slowest ${Math.round(late)} ms; the last refused ${Math.round(healed)} ms after it went on; /health/live ${Math.round(slowest)} ms at most\n`,
    )
    expect(new Set([...answers, ...refused].map(told))).toEqual(new Set(['503 with Retry-After']))
    expect(late).toBeLessThan(5_000)
    expect(slowest).toBeLessThan(1_000)
    const truth = await revisionsOf(member, node)
    expect(writes.filter(({ status, id }) => status === 201 && truth[id] === undefined)).toEqual([])
    const seen = device.socket.connected ? device : await listenTo(node.url, { token: member.token, since: 1 })
    const last = Math.max(...Object.values(truth))
    await expectSoon(() => (seen.changes.at(-1)?.to ?? seen.ready.revision) >= last)
    seen.socket.disconnect()
  })
})

/** That there are no more refusals. */
function isNormal(answers: readonly Answer[]): boolean {
  return answers.slice(-20).every(({ status }) => status === 201)
}

function told({ status, retryAfter }: Answer): string {
  return `${status} ${retryAfter === null ? 'without' : 'with'} Retry-After`
}

/** Asks all the time whether the process is up; answers how long that took at most, in milliseconds. */
async function probe(url: string, signal: AbortSignal): Promise<number> {
  let slowest = 0
  while (!signal.aborted) {
    const began = performance.now()
    const reply = await fetch(`${url}/health/live`)
    if (reply.status !== 200) throw new Error(`/health/live answered ${reply.status}`)
    slowest = Math.max(slowest, performance.now() - began)
    await pause(100)
  }
  return slowest
}
