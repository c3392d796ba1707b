import { contract } from '@taskwell/api'
import fc, { type Arbitrary } from 'fast-check'
import { createHash } from 'node:crypto'
import { METHODS, type OutgoingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, expectProblem, type HttpRequest, type Reply, type Requests } from './requests-http.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const batches = 80
const batchSize = 100
const wantedRequests = 10_000
/** Stand for what only a running server can know. */
const [knownTask, deletedTask, foreignTask, validToken] = ['{task}', '{deleted}', '{foreign}', '{token}']

const wildText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    'a\udc00b',
    '\ufeff',
    '\u202e',
    '👩‍👩‍👧‍👦',
    'ﷺ'.repeat(40),
    'e' + '\u0301'.repeat(200),
  ),
  fc.constantFrom(
    "' or 1=1 --",
    '"; drop table tasks; --',
    '%',
    '_',
    '\\',
    '*',
    '" OR "',
    'NEAR(',
    '../../etc/passwd',
    '${7*7}',
  ),
  fc.integer({ min: 400, max: 600 }).map((length) => '𝔁'.repeat(length)),
)
const wildNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, 5e-324),
)
const wildValue: Arbitrary<unknown> = fc.oneof(
  wildText,
  wildNumber,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], { a: { b: [null] } }),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
)
const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(knownTask, deletedTask, foreignTask) },
  { weight: 2, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.uuid().map((value) => value.toUpperCase()) },
  { weight: 2, arbitrary: wildText },
)
const day = fc.oneof(
  fc.constantFrom(
    '2026-11-23',
    '2028-02-29',
    '0001-01-01',
    '9999-12-31',
    '2026-02-30',
    '2026-13-01',
    '10000-01-01',
    '-000001-01-01',
  ),
  wildText,
)
const instant = fc.oneof(
  fc.constantFrom(
    '2026-11-23T09:30:00Z',
    '2026-11-23t09:30:60z',
    '9999-12-31T23:59:59.999-23:59',
    '0000-01-01T00:00:00+23:59',
    '2026-11-23T24:00:00Z',
  ),
  wildText,
)
const timeOfDay = fc.oneof(fc.constantFrom('09:30', '00:00', '23:59', '24:00', '9:30', '09:30:00'), wildText)
const timeZone = fc.oneof(
  fc.constantFrom('UTC', 'europe/berlin', 'Asia/Kathmandu', '+01:00', 'Mars/Olympus', 'Etc/GMT+12'),
  wildText,
)
const title = fc.oneof(fc.constantFrom('Read', ' Write ', 'x'.repeat(500)), wildText)

/** Most of the time the one, now and then anything. */
function mostly<T>(arbitrary: Arbitrary<T>): Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: wildValue })
}

const taskBody = fc.record(
  {
    title: mostly(title),
    id: mostly(id),
    description: mostly(fc.option(title)),
    completed: mostly(fc.boolean()),
    priority: mostly(fc.constantFrom('high', 'medium', 'low')),
    dueDate: mostly(fc.option(day)),
    dueTime: mostly(fc.option(timeOfDay)),
    dueTimeZone: mostly(fc.option(timeZone)),
  },
  { requiredKeys: [] },
)
const accountBody = fc.record(
  {
    name: mostly(title),
    email: mostly(fc.oneof(fc.emailAddress(), fc.constantFrom('a@b', 'A@Example.com', 'x@example.com\0'), wildText)),
    password: mostly(fc.oneof(fc.constantFrom('short', 'password', 'x'.repeat(129)), wildText)),
    timeZone: mostly(timeZone),
    rememberMe: mostly(fc.boolean()),
    code: mostly(title),
  },
  { requiredKeys: [] },
)
const strangeKeys = fc.dictionary(
  fc.oneof(wildText, fc.constantFrom('__proto__', 'constructor', 'toString', 'userId', 'version')),
  wildValue,
  {
    maxKeys: 3,
  },
)
const soundTask = fc.record(
  {
    title: fc.constantFrom('Read', ' Write ', '𝔁'.repeat(500)),
    description: fc.constantFrom(null, '', 'x'.repeat(20_000)),
    completed: fc.boolean(),
    priority: fc.constantFrom('high', 'medium', 'low'),
    dueDate: fc.constantFrom('2026-11-23', '2028-02-29'),
  },
  { requiredKeys: ['title'] },
)
const json = fc.oneof(
  { weight: 5, arbitrary: soundTask },
  { weight: 5, arbitrary: taskBody },
  { weight: 3, arbitrary: accountBody },
  {
    weight: 1,
    arbitrary: fc.tuple(taskBody, strangeKeys).map(([body, keys]) => Object.assign(Object.create(null), body, keys)),
  },
  { weight: 1, arbitrary: wildValue },
)
const body = fc.oneof(
  { weight: 6, arbitrary: json.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.tuple(json, fc.nat(60)).map(([value, at]) => JSON.stringify(value).slice(0, at)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.nat(40).map((depth) => '{"title":'.repeat(depth) + '1' + '}'.repeat(depth)) },
)

const wildQuery = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.constant('q'), wildText) },
      fc.tuple(
        fc.constant('limit'),
        fc.oneof(fc.constantFrom('1', '200', '0', '0x10', '1e1', '', ' 1', '-1', '9'.repeat(30)), wildText),
      ),
      fc.tuple(fc.constantFrom('completed', 'deleted'), fc.constantFrom('true', 'false', '1', '')),
      fc.tuple(fc.constant('priority'), fc.constantFrom('high', 'low', 'urgent')),
      fc.tuple(fc.constant('due'), fc.constantFrom('overdue', 'today', 'week', 'upcoming', 'none', 'any', 'never')),
      fc.tuple(fc.constantFrom('dueFrom', 'dueTo'), day),
      fc.tuple(fc.constantFrom('createdFrom', 'createdTo', 'updatedFrom', 'updatedTo'), instant),
      fc.tuple(fc.constant('sort'), fc.constantFrom('title', '-dueDate', '-createdAt', 'priority', '--title', 'id')),
      fc.tuple(
        fc.constant('cursor'),
        fc.oneof(
          wildText,
          fc.base64String(),
          fc.jsonValue().map((value) => btoa(encodeURI(JSON.stringify(value)))),
        ),
      ),
      fc.tuple(fc.constant('count'), fc.constantFrom('exact', 'about')),
      fc.tuple(fc.constant('timeZone'), timeZone),
      fc.tuple(fc.constantFrom('since', 'epoch', 'days', '__proto__', 'a[b]'), wildText),
    ),
    { maxLength: 4 },
  )
  .map((pairs) =>
    pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`,
  )

const query = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 2, arbitrary: wildQuery })

const contractPaths = [...new Set(Object.values(contract).map(({ path }) => path))]
const path = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.constantFrom('/api/tasks', '/api/tasks/:id', ...contractPaths), id)
      .map(([pattern, value]) => fillPath(pattern, value)),
  },
  { weight: 1, arbitrary: fc.array(wildText, { maxLength: 4 }).map((parts) => `/${parts.map(encode).join('/')}`) },
  { weight: 1, arbitrary: fc.webPath().map((value) => `/api${value}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '//',
      '/api/tasks//',
      '/api/tasks/%2e%2e',
      '/%',
      '/api/%ff',
      '/api/docs',
      '/?',
      '/api/tasks;a',
      '/.env',
    ),
  },
)

const headerText = fc.oneof(
  fc.string({
    unit: fc
      .integer({ min: 32, max: 255 })
      .filter((code) => code !== 127)
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.constantFrom('', '*', '"', ',', ';', 'null', 'undefined', '%00', '%'),
)
const etag = fc.oneof(
  fc.constantFrom('*', '"v1"', 'W/"v2"', '"v1", "v2"', '"v', 'v1', '"v-1"', '"v1e9"', '"v99999999999999999999"'),
  headerText,
)
const credentials = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ authorization: `Bearer ${validToken}` }) },
  { weight: 2, arbitrary: fc.constant({ cookie: `better-auth.session_token=${validToken}` }) },
  {
    weight: 1,
    arbitrary: fc.record({
      authorization: fc.oneof(
        headerText,
        headerText.map((text) => `Bearer ${text}`),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      cookie: fc.oneof(
        headerText,
        headerText.map((text) => `better-auth.session_token=${text}`),
      ),
    }),
  },
)
const otherHeaders = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('text/plain', 'application/json; charset=latin1', 'multipart/form-data', 'a/b;'),
      },
      { weight: 1, arbitrary: headerText },
    ),
    'if-match': etag,
    'if-none-match': etag,
    accept: fc.oneof(fc.constantFrom('*/*', 'application/json', 'text/html', 'application/*;q=0'), headerText),
    'idempotency-key': headerText,
    origin: fc.oneof(fc.constantFrom('null', 'https://evil.example', 'http://localhost', '://'), headerText),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', ''),
    'content-encoding': fc.constantFrom('gzip', 'identity', ''),
    'x-forwarded-for': headerText,
    'accept-language': headerText,
    'user-agent': headerText,
    'x-http-method-override': fc.constantFrom('DELETE', 'GET'),
  },
  { requiredKeys: ['content-type'] },
)
const manyHeaders = otherHeaders
  .chain((all) => fc.subarray(Object.entries(all), { minLength: 0 }))
  .map((pairs) => Object.fromEntries(pairs))
const headers = fc
  .tuple(
    credentials,
    fc.oneof(
      { weight: 2, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
      { weight: 1, arbitrary: manyHeaders },
    ),
  )
  .map(([who, rest]): OutgoingHttpHeaders => ({ ...who, ...rest }))

// CONNECT opens a tunnel in Node's client, which has no reply to judge.
const method = fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT'))
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.values(contract)), id)
      .map(([{ method, path }, value]) => ({ method, path: fillPath(path, value) })),
  },
  { weight: 3, arbitrary: fc.record({ method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE'), path }) },
  { weight: 1, arbitrary: fc.record({ method, path }) },
)

const arbitraryRequest: Arbitrary<HttpRequest> = fc
  .record({ operation, query, headers, body })
  .map(({ operation: { method, path }, query, body, headers }) => ({
    method,
    path: `${path}${query}`,
    // A session that signs out would leave the requests after it without one.
    headers: path.startsWith('/api/auth/log') ? { 'content-type': 'application/json' } : headers,
    ...(body !== undefined && { body }),
  }))
  .filter(({ path }) => !isNative(path.split('?')[0] ?? ''))

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('any request at all on %s', (database) => {
  let app: TestApp
  let requests: Requests
  let ada: TestUser
  let eve: TestUser
  let ids: Record<string, string>
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off' })
    requests = createRequests(app.baseUrl)
    ada = await app.createUser()
    eve = await app.createUser('Eve')
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  test(
    'is answered without a fault of the server; errors are problems, and refusals change nothing',
    { timeout: 240_000 },
    async () => {
      let sent = 0
      const statuses = new Set<number>()
      const property = fc.asyncProperty(
        fc.array(arbitraryRequest, { minLength: batchSize, maxLength: batchSize }),
        async (batch) => {
          ids = await prepareTasks()
          const replies = await sendAll(batch)
          sent += batch.length
          for (const [index, reply] of replies.entries()) expectSound(batch[index], reply)
          for (const { status } of replies) statuses.add(status)
          let refused = batch.filter((_, index) => (replies[index]?.status ?? 0) >= 400)
          for (let isProven = false; !isProven;) {
            const before = await digest()
            const again = await sendAll(refused)
            sent += refused.length
            const isStillRefused = again.map(({ status }) => status >= 400)
            isProven = isStillRefused.every(Boolean)
            if (isProven) expect(await digest()).toBe(before)
            // What was in the way of the others is gone by now, such as the task of that id.
            refused = refused.filter((_, index) => isStillRefused[index])
          }
        },
      )
      await fc.assert(property, { numRuns: batches, endOnFailure: true })
      expect(sent).toBeGreaterThanOrEqual(wantedRequests)
      expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 406, 415, 422]))
    },
  )

  /** Fresh ones for each batch, so that what it does is not ruined by what was done before. */
  async function prepareTasks(): Promise<Record<string, string>> {
    const create = async (user: TestUser) => (await user.client.createTask({ body: { title: 'Read' } })).body.id
    const [task, deleted, foreign] = await Promise.all([create(ada), create(ada), create(eve)])
    await ada.client.deleteTask({ params: { id: deleted } })
    return { [knownTask]: task, [deletedTask]: deleted, [foreignTask]: foreign, [validToken]: ada.token }
  }

  async function sendAll(batch: readonly HttpRequest[]): Promise<Reply[]> {
    return Promise.all(batch.map((request) => requests.send(fillIn(request))))
  }

  function fillIn(request: HttpRequest): HttpRequest {
    const fill = (text: string) =>
      Object.entries(ids).reduce((filled, [name, value]) => filled.replaceAll(name, value), text)
    const filled = Object.entries(request.headers ?? {}).map(([name, value]) => [name, fill(String(value))])
    return {
      ...request,
      path: fill(request.path.replaceAll('%7B', '{').replaceAll('%7D', '}')).replaceAll(/[{}]/g, encode),
      headers: Object.fromEntries(filled),
      ...(typeof request.body === 'string' && { body: fill(request.body) }),
    }
  }

  function expectSound(request: HttpRequest | undefined, reply: Reply): void {
    const what = `${JSON.stringify(request)} → ${reply.status} ${reply.text}`
    expect(reply.status, what).toBeLessThan(500)
    if (reply.status < 400 || request?.method === 'HEAD') return
    try {
      expectProblem(reply, reply.status)
    } catch (cause) {
      throw new Error(what, { cause })
    }
  }

  /** Of everything that tasks are made of, whoever's they are. */
  async function digest(): Promise<string> {
    const rows = await Promise.all([
      app.db.selectFrom('tasks').selectAll().orderBy('space_id').orderBy('id').execute(),
      app.db.selectFrom('changes').selectAll().orderBy('space_id').orderBy('revision').execute(),
      app.db.selectFrom('spaces').selectAll().orderBy('id').execute(),
    ])
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  }
})

/** As in an address, with what cannot be encoded replaced. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Better Auth answers errors inside its own routes in its own format. */
function isNative(path: string): boolean {
  return /^\/api\/auth\/(?!(register|login|logout|session)\/?$)/.test(path)
}

function fillPath(pattern: string, value: string): string {
  return pattern.replace(/:\w+/g, () => encode(value) || '%20')
}
