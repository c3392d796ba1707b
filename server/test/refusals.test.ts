import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { sendRaw } from './raw-socket.ts'
import { createRequests, expectProblem, jsonAs, type Requests } from './requests-http.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const friend = 'https://friend.example.org'

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('defects on %s', (database) => {
  let app: TestApp
  let ada: TestUser
  let port: number
  let requests: Requests
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off', CORS_ORIGINS: friend })
    ada = await app.createUser()
    requests = createRequests(app.baseUrl)
    port = Number(new URL(app.baseUrl).port)
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  test.each(['GET', 'PATCH', 'DELETE'])('%s of an id of 501 characters is not found', async (method) => {
    const path = `/api/tasks/${'x'.repeat(501)}`
    expectProblem(await requests.send({ method, path, headers: jsonAs(ada.token), body: '{}' }), 404, 'not_found')
  })

  test.each([
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a host that is none', 'GET /health HTTP/1.1\r\nHost: a b/../x\r\nConnection: close\r\n\r\n'],
    ['a broken escape in the path', 'GET /api/tasks/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    [
      'an expectation that is none',
      'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
    ],
  ])('a request with %s is refused as malformed', async (_, bytes) => {
    expectProblem(await sendRaw(port, bytes), 400, 'malformed_request')
  })

  test.each([
    ['GET', '/api/tasks', 'unauthenticated'],
    ['POST', '/api/auth/login', 'invalid_credentials'],
  ])('%s %s without a right to it names a way in', async (method, path, code) => {
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'correct horse battery' })
    const headers = { 'content-type': 'application/json' }
    const reply = await requests.send({ method, path, headers, ...(method === 'POST' && { body }) })
    expectProblem(reply, 401, code)
    expect(reply.headers['www-authenticate']).toBe('Bearer')
  })

  test('CONNECT opens nothing', async () => {
    const reply = await sendRaw(
      port,
      `CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n`,
    )
    expectProblem(reply, 405, 'method_not_allowed')
  })

  test.each(['GET', 'POST'])('%s of an unknown address below a native one', async (method) => {
    const reply = await requests.send({ method, path: '/api/auth/nothing', headers: jsonAs(ada.token), body: '{}' })
    expectProblem(reply, 404, 'not_found')
  })

  test('an address of 20 kB is too long', async () => {
    const reply = await sendRaw(
      port,
      `GET /api/tasks?q=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expectProblem(reply, 414, 'uri_too_long')
  })

  test.each(['%ff', '%ED%A0%80', '%zz', '%'])('a query of %s is no text', async (value) => {
    const reply = await requests.send({ path: `/api/tasks?q=${value}`, headers: jsonAs(ada.token) })
    expect(reply.status).toBeOneOf([400, 422])
    expectProblem(reply, reply.status)
  })

  test.each(['/api/auth/register', '/api/auth/login', '/api/auth/logout'])('GET of %s is not allowed', async (path) => {
    const reply = await requests.send({ path, headers: jsonAs(ada.token) })
    expectProblem(reply, 405, 'method_not_allowed')
    expect(reply.headers.allow).toBe('OPTIONS, POST')
  })

  test.each(['/api/tasks', '/api/account', '/api/nothing', '/api/auth/get-session', '/health'])(
    'the reply of %s to an allowed page says that it depends on the origin',
    async (path) => {
      const { headers } = await requests.send({ path, headers: { ...jsonAs(ada.token), origin: friend } })
      expect(headers.vary?.split(', ')).toContain('Origin')
    },
  )

  test('a refused callback address is not an error of the server', async () => {
    await requests.send({
      path: '/api/auth/verify-email?token=x&callbackURL=https://evil.example',
      headers: jsonAs(ada.token),
    })
    expect(app.log.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  test.each(['POST', 'DELETE'])('%s of the start page is a method that it does not know', async (method) => {
    for (const path of ['/', '/api/docs', '/api/openapi.json']) {
      expectProblem(await requests.send({ method, path }), 405, 'method_not_allowed')
    }
  })

  test.each(['/api/docs/', '/api/openapi.json/'])('%s is accepted with its slash', async (path) => {
    expect((await requests.send({ path })).status).toBe(200)
  })

  test.each(['/api/tasks', '/api/nothing', '/api/tasks?limit=0'])(
    'HEAD of %s without a session has the headers of a problem',
    async (path) => {
      const reply = await requests.send({ method: 'HEAD', path })
      expect(reply.status).toBe(path === '/api/nothing' ? 404 : 401)
      expect(reply.text).toBe('')
      expect(reply.headers['content-type']).toMatch(/problem/)
    },
  )
})
