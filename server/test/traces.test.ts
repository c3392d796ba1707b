import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases } from './databases.ts'
import { jsonAs } from './requests-http.ts'
import { password, startApp } from './start-app.ts'

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
}

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: number }
}

/** What OTLP calls them. */
const [server, client, failed] = [2, 3, 2]

let collector: Awaited<ReturnType<typeof startCollector>>

beforeAll(async () => void (collector = await startCollector()))
afterAll(() => collector.stop())

describe.each(databases)('traces of a server on %s', (database) => {
  test('have a span for each request and statement, and nothing that is anybody’s own', async () => {
    collector.received.length = 0
    const app = await startApp(database, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    const user = await app.registerUser('Adelheid')
    const { body: task } = await user.client.createTask({ body: { title: 'Renew the passport' } })
    await user.client.listTasks({ query: { q: 'passport' } })
    await fetch(`${app.baseUrl}/api/tasks/${task.id}`, {
      headers: { ...jsonAs(user.token), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    })
    await fetch(`${app.baseUrl}/no-such-page/${task.id}`)
    await app.stop()

    const spans = collector.spans()
    const requests = spans.filter(({ kind }) => kind === server)
    expect(requests.map(({ name }) => name)).toEqual([
      'POST /api/auth/register',
      'POST /api/tasks',
      'GET /api/tasks',
      'GET /api/tasks/:id',
      'GET',
    ])
    expect(requests.map((span) => attribute(span, 'http.response.status_code'))).toEqual([201, 201, 200, 200, 404])
    for (const request of requests) expect(attribute(request, 'taskwell.request_id')).toMatch(/^[\da-f-]{36}$/)
    const named = requests.find(({ name }) => name === 'GET /api/tasks/:id')
    expect(named).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })

    const creating = requests.find(({ name }) => name === 'POST /api/tasks')
    const statements = spans.filter(({ parentSpanId }) => parentSpanId === creating?.spanId)
    expect(statements.map(({ name }) => name)).toEqual(expect.arrayContaining(['SELECT', 'UPDATE', 'INSERT']))
    const insert = statements.find((span) => String(attribute(span, 'db.query.text')).includes('insert into "tasks"'))
    expect(insert && attribute(insert, 'db.system.name')).toBe(database.kind === 'postgres' ? 'postgresql' : 'sqlite')
    for (const span of statements) {
      expect(span).toMatchObject({ kind: client, traceId: creating?.traceId })
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano))
    }
    // What is done beside the requests is nobody's trace.
    const known = new Set(spans.map(({ spanId }) => spanId))
    expect(spans.filter((span) => span.kind === client && !known.has(span.parentSpanId ?? ''))).toEqual([])

    const told = JSON.stringify(collector.received)
    expect(told).toContain('"taskwell"')
    for (const secret of [
      'Adelheid',
      'passport',
      user.email,
      user.id,
      user.token,
      password,
      task.id,
      app.config.dataDir,
    ])
      expect(told).not.toContain(secret)
  })
})

describe('traces', () => {
  const [sqlite] = databases
  if (sqlite === undefined) throw new Error('No SQLite')

  test('mark requests and statements that fail, without what the database says of them', async () => {
    collector.received.length = 0
    const app = await startApp(sqlite, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    const user = await app.createUser()
    await app.db.schema.alterTable('changes').renameTo('elsewhere').execute()
    const init = { method: 'POST', headers: jsonAs(user.token), body: '{"title":"Lost"}' }
    expect((await fetch(`${app.baseUrl}/api/tasks`, init)).status).toBe(500)
    await app.stop()
    const wrong = collector.spans().filter(({ status }) => status.code === failed)
    expect(wrong.map(({ name }) => name).toSorted()).toEqual(['INSERT', 'POST /api/tasks'])
    expect(JSON.stringify(wrong)).not.toContain('no such table')
  })

  test('are of the share that is asked for, and of what a caller wants traced', async () => {
    collector.received.length = 0
    const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0' }
    const app = await startApp(sqlite, settings)
    for (let index = 0; index < 5; index++) await fetch(`${app.baseUrl}/health`)
    const headers = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` }
    await fetch(`${app.baseUrl}/health`, { headers })
    await app.stop()
    expect(collector.spans().map(({ traceId }) => traceId)).toEqual(['c'.repeat(32)])
  })

  test('that nobody takes keep nothing from working, and the log tells once', async () => {
    // Milliseconds in which a delivery is tried again.
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '50')
    const app = await startApp(sqlite, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
    vi.unstubAllEnvs()
    await app.registerUser()
    await app.stop()
    expect(app.log.filter(({ msg }) => String(msg).includes('OTEL_EXPORTER_OTLP_ENDPOINT'))).toHaveLength(1)
  })
})

/** A receiver of OTLP over HTTP, as JSON. */
async function startCollector() {
  const received: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }[] = []
  const http = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => void (text += part))
    request.on('end', () => {
      const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json'
      if (isTraces) received.push(JSON.parse(text))
      response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    /** In the order of their beginning. */
    spans: () =>
      received
        .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        .flatMap(({ spans }) => spans)
        .toSorted((one, other) => (BigInt(one.startTimeUnixNano) < BigInt(other.startTimeUnixNano) ? -1 : 1)),
    stop: () => new Promise<void>((resolve) => void http.close(() => resolve())),
  }
}

function attribute({ attributes }: Span, name: string): string | number | undefined {
  const value = attributes.find(({ key }) => key === name)?.value
  return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue))
}
