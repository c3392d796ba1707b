import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, expectProblem, jsonAs, type Reply, type Requests } from './requests-http.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

const friend = 'https://friend.example.org'
const exposed = [
  'ETag',
  'Location',
  'Taskwell-Revision',
  'Taskwell-Write',
  'set-auth-token',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
]

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('pages of other sites on %s', (database) => {
  let app: TestApp
  let requests: Requests
  let ada: TestUser
  let cookie: string
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off', CORS_ORIGINS: `${friend},http://other.example.org:8080` })
    requests = createRequests(app.baseUrl)
    ada = await app.createUser()
    const { headers } = await requests.send(login())
    cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  type Headers = Record<string, string>

  function login(headers: Headers = {}) {
    const body = JSON.stringify({ email: ada.email, password })
    return {
      method: 'POST',
      path: '/api/auth/login',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    }
  }

  function createTask(headers: Headers): Promise<Reply> {
    const all = { cookie, 'content-type': 'application/json', ...headers }
    return requests.send({ method: 'POST', path: '/api/tasks', headers: all, body: '{"title":"Read"}' })
  }

  const host = () => new URL(app.baseUrl).host

  const allowed: [string, () => Headers][] = [
    ['without a header of browsers', () => ({})],
    ['of the same origin', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['that the user began', () => ({ 'sec-fetch-site': 'none' })],
    [
      'of the same origin, whatever the proxy made of the host',
      () => ({ 'sec-fetch-site': 'same-origin', origin: 'https://public.example.org' }),
    ],
    ['from BASE_URL', () => ({ origin: app.baseUrl })],
    [
      'from BASE_URL in a browser that says cross-site',
      () => ({ origin: app.baseUrl, 'sec-fetch-site': 'cross-site' }),
    ],
    ['from an origin in CORS_ORIGINS', () => ({ origin: friend, 'sec-fetch-site': 'cross-site' })],
    ['from another origin in CORS_ORIGINS', () => ({ origin: 'http://other.example.org:8080' })],
    ['from the address that the request went to', () => ({ origin: 'http://192.0.2.7:3000', host: '192.0.2.7:3000' })],
    ['from the host that the request went to', () => ({ origin: `http://${host()}`, 'sec-fetch-site': 'same-site' })],
    [
      'from the https address that the request went to',
      () => ({ origin: 'https://tasks.example.org', host: 'tasks.example.org' }),
    ],
  ]
  const refused: [string, () => Headers][] = [
    ['from a foreign origin', () => ({ origin: 'https://evil.example' })],
    ['from a foreign origin of the same site', () => ({ origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' })],
    ['that say cross-site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['that say same-site', () => ({ 'sec-fetch-site': 'same-site' })],
    ['that say what no browser says', () => ({ 'sec-fetch-site': 'SAME-ORIGIN?' })],
    ['that say nothing', () => ({ 'sec-fetch-site': '' })],
    ['from an opaque origin', () => ({ origin: 'null' })],
    ['with an empty origin', () => ({ origin: '' })],
    ['from an origin that begins like an allowed one', () => ({ origin: `${friend}.evil.example` })],
    ['from an origin that ends like an allowed one', () => ({ origin: 'https://evilfriend.example.org' })],
    ['from an allowed host by another scheme', () => ({ origin: 'http://friend.example.org' })],
    ['from an allowed host at another port', () => ({ origin: `${friend}:8443` })],
    ['from this host at another port', () => ({ origin: 'http://localhost:1' })],
    ['that name two origins', () => ({ origin: `${app.baseUrl} https://evil.example` })],
    ['from an origin with this host as its user', () => ({ origin: `http://${host()}@evil.example` })],
    ['from a page of the file system', () => ({ origin: 'file://' })],
  ]

  test.each(allowed)('unsafe requests %s are allowed', async (_, headers) => {
    expect((await createTask(headers())).status).toBe(201)
    expect((await requests.send(login(headers()))).status).toBe(200)
  })

  test.each(refused)('unsafe requests %s are refused and have no effect', async (_, headers) => {
    const before = app.events.length
    expectProblem(await createTask(headers()), 403, 'origin_not_allowed')
    expect(app.events).toHaveLength(before)
    const reply = await requests.send(login(headers()))
    expectProblem(reply, 403, 'origin_not_allowed')
    expect(reply.headers).not.toHaveProperty('set-cookie')
  })

  test.each(['/api/auth/sign-in/email', '/api/auth/sign-up/email', '/api/auth/sign-out', '/api/auth/update-user'])(
    'the rule holds for the native route %s',
    async (path) => {
      const body = JSON.stringify({ email: ada.email, password, name: 'Ada' })
      const send = (headers: Headers) =>
        requests.send({ method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body })
      for (const [, headers] of refused) expectProblem(await send({ cookie, ...headers() }), 403, 'origin_not_allowed')
      expect((await createTask({})).status).toBe(201)
    },
  )

  test('native sign-in is allowed from where the rule allows it', async () => {
    const body = JSON.stringify({ email: ada.email, password })
    for (const [name, headers] of allowed) {
      const all = { 'content-type': 'application/json', ...headers() }
      const reply = await requests.send({ method: 'POST', path: '/api/auth/sign-in/email', headers: all, body })
      expect(reply.status, name).toBe(200)
    }
  })

  test.each(['POST', 'PATCH', 'PUT', 'DELETE'])('the rule holds for %s', async (method) => {
    const path = method === 'POST' ? '/api/tasks' : `/api/tasks/${crypto.randomUUID()}`
    const reply = await requests.send({ method, path, headers: { cookie, origin: 'https://evil.example' } })
    expectProblem(reply, 403, 'origin_not_allowed')
  })

  test('reading is allowed from anywhere, but only allowed pages get to see the reply', async () => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await requests.send({
        method,
        path: '/api/tasks',
        headers: { cookie, origin: 'https://evil.example' },
      })
      expect(reply.status).toBe(200)
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  test('whoever brings a bearer token may be anywhere', async () => {
    for (const [name, headers] of refused) {
      const all = { ...jsonAs(ada.token), ...headers() }
      const reply = await requests.send({ method: 'POST', path: '/api/tasks', headers: all, body: '{"title":"Read"}' })
      expect(reply.status, name).toBe(201)
    }
  })

  test('a bad bearer token beside a good cookie opens nothing to a foreign page', async () => {
    for (const authorization of ['Bearer wrong', 'Bearer ', 'Bearer  ', 'Basic QTpC', 'bearer']) {
      const reply = await createTask({ authorization, origin: 'https://evil.example' })
      expect(reply.status, authorization).toBeOneOf([401, 403])
    }
    const out = await requests.send({
      method: 'POST',
      path: '/api/auth/sign-out',
      headers: {
        cookie,
        authorization: 'Bearer wrong',
        origin: 'https://evil.example',
        'content-type': 'application/json',
      },
      body: '{}',
    })
    expect(out.headers['set-cookie']?.join() ?? '').not.toContain('undefined')
    expect((await createTask({})).status).toBe(201)
  })

  test('a forwarded host does not count as the host', async () => {
    const headers = {
      origin: 'https://evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    }
    expectProblem(await createTask(headers), 403, 'origin_not_allowed')
  })

  test('a browser that asks first learns what an allowed page may send', async () => {
    for (const [path, methods] of [
      ['/api/tasks', ['GET', 'POST']],
      [`/api/tasks/${crypto.randomUUID()}`, ['GET', 'PATCH', 'PUT', 'DELETE']],
      ['/api/auth/login', ['POST']],
      ['/api/auth/sign-in/email', ['POST']],
    ] as const) {
      for (const method of methods) {
        const { status, headers, text } = await preflight(path, friend, method)
        expect({ status, text }).toEqual({ status: 204, text: '' })
        expect(headers['access-control-allow-origin']).toBe(friend)
        expect(headers['access-control-allow-credentials']).toBe('true')
        expect(listed(headers['access-control-allow-methods'])).toContain(method)
        const names = listed(headers['access-control-allow-headers']).map((name) => name.toLowerCase())
        expect(names).toEqual(
          expect.arrayContaining(['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match']),
        )
        expect(listed(headers.vary)).toContain('Origin')
      }
    }
  })

  test('a browser that asks for a foreign page learns nothing', async () => {
    for (const origin of ['https://evil.example', 'null', `${friend}.evil.example`]) {
      const { headers } = await preflight('/api/tasks', origin, 'POST')
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  function preflight(path: string, origin: string, method: string): Promise<Reply> {
    const headers = {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type',
    }
    return requests.send({ method: 'OPTIONS', path, headers })
  }

  test('allowed pages see the headers that the API speaks with, on refusals too', async () => {
    const replies = [
      await createTask({ origin: friend }),
      await createTask({ origin: friend, 'content-type': 'text/plain' }),
      await createTask({ origin: friend, cookie: '' }),
      await requests.send({ path: '/api/nothing', headers: { origin: friend } }),
      await requests.send({ path: '/api/tasks', headers: { origin: friend, cookie } }),
      await requests.send({ path: '/api/auth/get-session', headers: { origin: friend, cookie } }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([201, 415, 401, 404, 200, 200])
    for (const { headers } of replies) {
      expect(headers['access-control-allow-origin']).toBe(friend)
      expect(headers['access-control-allow-credentials']).toBe('true')
      expect(listed(headers['access-control-expose-headers'])).toEqual(exposed)
    }
  })

  test('replies to other pages allow nothing, and none allows every page', async () => {
    for (const origin of ['https://evil.example', 'null', '*', '']) {
      for (const path of ['/api/tasks', '/api/nothing', '/api/auth/get-session', '/health']) {
        const { headers } = await requests.send({ path, headers: { origin, cookie } })
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
      }
    }
  })
})

function listed(header: string | undefined): string[] {
  return header?.split(',').map((name) => name.trim()) ?? []
}
