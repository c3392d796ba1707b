import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, type Reply, type Requests } from './requests-http.ts'
import { password, startApp, type TestApp } from './start-app.ts'

/** `npm run test:timing` takes many pairs and a narrow margin, for a quiet machine. */
const pairs = Number(process.env['TIMING_PAIRS'] ?? 30)
const isThorough = pairs > 30
const margin = isThorough ? 0.05 : 0.3
/** How many pairs overlap. */
const atOnce = isThorough ? 5 : 10
const minutes = 60_000

interface Sample {
  readonly reply: Reply
  readonly milliseconds: number
}

describe.each(databases)('an address with an account and one without, on %s,', (database) => {
  let app: TestApp
  let requests: Requests
  const verified = `${crypto.randomUUID()}@example.com`
  const unverified = `${crypto.randomUUID()}@example.com`
  beforeAll(async () => {
    const settings = { EMAIL_VERIFICATION: 'required', LIMITS: 'off', LOG_LEVEL: 'silent' }
    app = await startApp(database, settings, { evenTimes: true })
    requests = createRequests(app.baseUrl)
    for (const email of [verified, unverified]) await send('/register', { name: 'Ada', email, password })
    await app.db.updateTable('users').set({ email_verified: true }).where('email', '=', verified).execute()
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  async function send(path: string, body: unknown): Promise<Sample> {
    const begun = performance.now()
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', path: `/api/auth${path}`, headers, body: JSON.stringify(body) }
    const reply = await requests.send(request)
    return { reply, milliseconds: performance.now() - begun }
  }

  /** Asks for both in turn, every other time the other way round. */
  async function expectAlike(ask: (email: string) => Promise<Sample>, known: string) {
    const samples: { known: Sample; unknown: Sample }[] = []
    const measure = async (index: number) => {
      await pause((index % atOnce) * 20)
      const unknown = `${crypto.randomUUID()}@example.com`
      if (index % 2 === 0) return { known: await ask(known), unknown: await ask(unknown) }
      const first = await ask(unknown)
      return { unknown: first, known: await ask(known) }
    }
    for (let warming = 0; warming < 2; warming += 1) await measure(0)
    for (let begun = 0; begun < pairs; begun += atOnce) {
      const wave = Array.from({ length: Math.min(atOnce, pairs - begun) }, (_, index) => measure(begun + index))
      samples.push(...(await Promise.all(wave)))
    }
    for (const sample of samples) expect(shown(sample.unknown.reply)).toEqual(shown(sample.known.reply))
    const [a, b] = (['known', 'unknown'] as const).map((kind) =>
      median(samples.map((sample) => sample[kind].milliseconds)),
    )
    const figures = `medians of ${pairs}: known ${a} ms, unknown ${b} ms`
    if (isThorough) process.stdout.write(`${figures}\n`)
    expect(Math.abs((a ?? 0) / (b ?? 1) - 1), figures).toBeLessThan(margin)
  }

  test('cannot be told apart when signing in', { timeout: 5 * minutes }, () =>
    expectAlike((email) => send('/login', { email, password: 'wrong password' }), verified),
  )

  test('cannot be told apart when registering', { timeout: 5 * minutes }, () =>
    expectAlike((email) => send('/register', { name: 'Ada', email, password }), verified),
  )

  test('cannot be told apart when asking for a reset', { timeout: 5 * minutes }, () =>
    expectAlike((email) => send('/request-password-reset', { email }), verified),
  )

  test('cannot be told apart when asking for another confirmation', { timeout: 5 * minutes }, () =>
    expectAlike((email) => send('/send-verification-email', { email }), unverified),
  )
})

/** All that a client sees, without what differs between any two. */
function shown({ status, headers, text }: Reply) {
  const { date: _, 'x-request-id': __, ...rest } = headers
  const body: Record<string, unknown> = JSON.parse(text)
  const user = typeof body['user'] === 'object' ? { ...body['user'], id: '', email: '', createdAt: '' } : undefined
  return { status, headers: rest, body: JSON.stringify({ ...body, user, requestId: '' }) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
