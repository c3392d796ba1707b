import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, expectProblem, type HttpRequest, jsonAs, type Reply, type Requests } from './requests-http.ts'
import { password, startApp, type TestApp } from './start-app.ts'

const json = { 'content-type': 'application/json' }
const onSqlite = databases.filter(({ kind }) => kind === 'sqlite')

describe.each(onSqlite)('limits on %s', (database) => {
  let app: TestApp
  let requests: Requests
  afterEach(async () => {
    requests.close()
    await app.stop()
  })

  async function start(settings: Record<string, string> = {}): Promise<void> {
    app = await startApp(database, { LIMITS: 'on', ...settings })
    requests = createRequests(app.baseUrl)
  }

  function login(email: string, guess: string, options: Partial<HttpRequest> = {}): Promise<Reply> {
    const { path = '/api/auth/login', headers = {} } = options
    const body = JSON.stringify({ email, password: guess })
    return requests.send({ method: 'POST', path, headers: { ...json, ...headers }, body })
  }

  async function statuses(replies: Promise<Reply>[]): Promise<Record<number, number>> {
    const counts: Record<number, number> = {}
    for (const { status } of await Promise.all(replies)) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }

  test('requests of a user are counted by the minute, reads and writes apart, and every reply tells of it', async () => {
    await start({ LIMIT_READS: '3', LIMIT_WRITES: '2' })
    const [ada, eve] = [await app.createUser(), await app.createUser()]
    const read = (token: string, headers = {}) =>
      requests.send({ path: '/api/tasks', headers: { ...jsonAs(token), ...headers } })
    const write = (token: string, body: string) =>
      requests.send({ method: 'POST', path: '/api/tasks', headers: jsonAs(token), body })
    const first = await read(ada.token)
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"reads";q=3;w=60', ratelimit: '"reads";r=2;t=60' })
    const unchanged = await read(ada.token, { 'if-none-match': first.headers.etag })
    expect(unchanged.status).toBe(304)
    expect(unchanged.headers['ratelimit']).toMatch(/^"reads";r=1;t=\d+$/)
    await read(ada.token)
    const refused = await read(ada.token)
    expectProblem(refused, 429, 'rate_limited')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect(refused.headers['ratelimit']).toMatch(/^"reads";r=0;t=\d+$/)
    expect((await write(ada.token, '{"title":"A"}')).status).toBe(201)
    expectProblem(await write(ada.token, '{"title":'), 400)
    expectProblem(await write(ada.token, '{"title":'), 429)
    expect((await read(eve.token)).status).toBe(200)
  })

  test('a limit is judged after who asks and before what is asked', async () => {
    await start({ LIMIT_WRITES: '1' })
    const { token } = await app.createUser()
    const send = (headers: Record<string, string>, body: string) =>
      requests.send({ method: 'POST', path: '/api/tasks', headers, body })
    await send(jsonAs(token), '{"title":"A"}')
    expectProblem(await send(jsonAs(token), '{'), 429)
    expectProblem(await send({ ...jsonAs(token), 'content-type': 'text/plain' }, 'A'), 429)
    expectProblem(await send(jsonAs(token), ' '.repeat(300_000)), 429)
    expectProblem(await send(jsonAs(`${token}x`), '{'), 401)
    expectProblem(await send({ ...json, 'sec-fetch-site': 'cross-site' }, '{'), 403)
  })

  test('without limits no reply tells of any, and nothing is refused', async () => {
    await start({ LIMITS: 'off', LIMIT_READS: '1', LIMIT_LOGINS: '1', LIMIT_TASKS: '1' })
    const ada = await app.createUser()
    for (const _ of [1, 2, 3]) await ada.client.createTask({ body: { title: 'A' } })
    for (const _ of [1, 2]) expect((await login(ada.email, 'wrong password')).status).toBe(401)
    const { headers } = await requests.send({ path: '/api/tasks', headers: jsonAs(ada.token) })
    expect(Object.keys(headers).filter((name) => name.startsWith('ratelimit') || name === 'retry-after')).toEqual([])
    expect((await login(ada.email, password)).headers['set-cookie']?.join()).not.toContain('taskwell.device')
  })

  const spellings = [
    '/api/auth/login',
    '/api/auth/login/',
    '//api/auth/login',
    '/api//auth/login',
    '/API/auth/login',
    '/api/auth/LOGIN',
    '/%61pi/auth/login',
    '/api/auth/%6cogin',
    '/api/auth/%6Cogin?x',
    '/api/auth/x/../login',
    '/api/auth/./login',
    '/api/auth/sign-in/email',
    '/api/auth/sign-in/email/',
    '/api/auth/sign-in%2Femail',
    '/api/auth/sign-in//email',
    '/api/auth/sign-in/./email',
    '/api/auth/x/../sign-in/email',
    '/api/auth/x/%2e%2e/sign-in/email',
    '/api/auth/x/.%2E/sign-in/email',
    '/api/auth/sign-in/em%61il',
    '/api/auth/sign-in/em%2561il',
    '/api/auth/SIGN-IN/email',
    '/api/auth/sign-in\\email',
    '/api/auth/sign-in/email;x',
    '/api/auth/sign-in/email%00',
    '/api/auth/sign-in/email?disableCookieCache=true',
  ]

  test('1,000 forged addresses and spellings of the path share one budget', async () => {
    await start({ LIMIT_LOGINS: '1000', LIMIT_LOGINS_IP: '7' })
    const ada = await app.createUser()
    const guesses = Array.from({ length: 1_000 }, (_, index) => {
      const forged = `203.0.${index >> 8}.${index & 255}`
      const headers = {
        'x-forwarded-for': forged,
        'x-real-ip': forged,
        'x-taskwell-client-ip': forged,
        forwarded: `for=${forged}`,
        'cf-connecting-ip': forged,
      }
      return login(index % 2 === 0 ? ada.email : `nobody-${index}@example.com`, 'wrong password', {
        path: spellings[index % spellings.length] ?? '',
        headers,
      })
    })
    const counts = await statuses(guesses)
    expect(counts[401]).toBe(7)
    expect(Object.keys(counts).toSorted()).toEqual(['401', '404', '422', '429'].filter((status) => status in counts))
    expect(counts[429]).toBeGreaterThan(300)
  })

  test('behind a proxy that is trusted, its clients have a budget each, an IPv6 network one together', async () => {
    await start({ LIMIT_LOGINS_IP: '1', TRUST_PROXY: '127.0.0.1' })
    const from = (address: string) =>
      login('nobody@example.com', 'wrong password', { headers: { 'x-forwarded-for': address } })
    expect((await from('203.0.113.1')).status).toBe(401)
    expect((await from('203.0.113.1')).status).toBe(429)
    expect((await from('::ffff:203.0.113.1')).status).toBe(429)
    expect((await from('198.51.100.9, 203.0.113.1')).status).toBe(429)
    expect((await from('203.0.113.2')).status).toBe(401)
    expect((await from('2001:db8:1:2::1')).status).toBe(401)
    expect((await from('2001:db8:1:2:ffff:ffff:ffff:ffff')).status).toBe(429)
    expect((await from('2001:db8:1:3::1')).status).toBe(401)
  })

  test('unknown and known accounts are counted alike', async () => {
    await start({ LIMIT_LOGINS: '3', LIMIT_LOGINS_IP: '1000' })
    const ada = await app.createUser()
    const told = async (email: string) => {
      const replies = []
      for (const _ of [1, 2, 3, 4, 5]) replies.push(await login(email, 'wrong password'))
      return replies.map(({ status, headers, text }) => {
        const { title, code } = JSON.parse(text)
        return {
          status,
          title,
          code,
          limit: String(headers['ratelimit']).replaceAll(/t=\d+|"logins-address";r=\d+/g, ''),
        }
      })
    }
    const known = await told(ada.email)
    expect(known.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429])
    expect(await told('nobody@example.com')).toEqual(known)
  })

  test('upper case in the address is no way around the budget of the account', async () => {
    await start({ LIMIT_LOGINS: '2', LIMIT_LOGINS_IP: '1000' })
    const ada = await app.createUser()
    for (const email of [ada.email, ada.email.toUpperCase()]) {
      expect((await login(email, 'wrong password')).status).toBe(401)
    }
    for (const path of ['/api/auth/login', '/api/auth/sign-in/email']) {
      expect((await login(ada.email.replace('e', 'E'), 'wrong password', { path })).status).toBe(429)
    }
  })

  test('guesses at once do not get beyond the budget, and right ones at once all get in', async () => {
    await start({ LIMIT_LOGINS: '5', LIMIT_LOGINS_IP: '8' })
    const [ada, eve] = [await app.createUser(), await app.createUser()]
    const right = Array.from({ length: 30 }, () => login(ada.email, password))
    expect(await statuses(right)).toEqual({ 200: 30 })
    const guesses = Array.from({ length: 60 }, (_, index) =>
      login(eve.email, `guess number ${index}`, { path: index % 2 ? '/api/auth/login' : '/api/auth/sign-in/email' }),
    )
    expect(await statuses(guesses)).toEqual({ 401: 5, 429: 55 })
  })

  test('a stranger cannot lock out the owner, whose device is known, and a known device has an end too', async () => {
    await start({ LIMIT_LOGINS: '3', LIMIT_LOGINS_IP: '3' })
    const ada = await app.createUser()
    const signedIn = await login(ada.email, password)
    const device = signedIn.headers['set-cookie']?.find((cookie) => cookie.startsWith('taskwell.device=')) ?? ''
    expect(device).toMatch(/; Max-Age=31536000; Path=\/api\/auth; HttpOnly; SameSite=Lax$/)
    const cookie = device.split(';')[0] ?? ''
    for (const _ of [1, 2, 3]) expect((await login(ada.email, 'wrong password')).status).toBe(401)
    expect((await login(ada.email, password)).status).toBe(429)
    expect((await login(ada.email, password, { headers: { cookie } })).status).toBe(200)
    const native = { path: '/api/auth/sign-in/email', headers: { cookie } }
    expect((await login(ada.email, password, native)).status).toBe(200)
    const forged = { headers: { cookie: `${cookie.slice(0, -2)}xx` } }
    expect((await login(ada.email, password, forged)).status).toBe(429)
    const eve = await app.createUser()
    expect((await login(eve.email, password, { headers: { cookie } })).status).toBe(429)
    for (const _ of [1, 2, 3]) {
      expect((await login(ada.email, 'wrong password', { headers: { cookie } })).status).toBe(401)
    }
    expect((await login(ada.email, password, { headers: { cookie } })).status).toBe(429)
  })

  test('ten accounts an hour come from one address, whatever the way, and taken ones count', async () => {
    await start({ LIMIT_REGISTRATIONS: '4' })
    const register = (email: string, path: string, secret = password) => {
      const body = JSON.stringify({ name: 'Ada', email, password: secret })
      return requests.send({ method: 'POST', path, headers: json, body })
    }
    for (const _ of [1, 2, 3, 4, 5]) {
      expect((await register('a@example.com', '/api/auth/register', 'short')).status).toBe(422)
      expect((await register('a@example.com', '/api/auth/register', 'password123')).status).toBe(422)
    }
    const first = await register('a@example.com', '/api/auth/register')
    expect(first.headers['ratelimit']).toBe('"registrations";r=3;t=3600')
    expect((await register('a@example.com', '/api/auth/register')).status).toBe(409)
    expect((await register('b@example.com', '/api/auth/sign-up/email')).status).toBe(200)
    expect((await register('b@example.com', '/api/auth/sign-up/email')).status).toBe(422)
    for (const path of ['/api/auth/register', '/api/auth/sign-up/email', '/api/auth/sign-up%2Femail']) {
      expectProblem(await register('c@example.com', path), 429, 'rate_limited')
    }
    expectProblem(await register('c@example.com', '/api/auth/register', 'short'), 429, 'rate_limited')
  })

  test('three mails an hour go to an address, known or not', async () => {
    await start()
    const ada = await app.createUser()
    const ask = (path: string, email: string) =>
      requests.send({ method: 'POST', path: `/api/auth${path}`, headers: json, body: JSON.stringify({ email }) })
    for (const email of [ada.email, 'nobody@example.com']) {
      expect((await ask('/request-password-reset', email)).status).toBe(200)
      expect((await ask('/send-verification-email', email)).status).toBe(200)
      expect((await ask('/request-password-reset', email.toUpperCase())).status).toBe(200)
      expectProblem(await ask('/request-password-reset', email), 429, 'rate_limited')
    }
    const headers = jsonAs(ada.token)
    const body = '{"newEmail":"new@example.com"}'
    expectProblem(await requests.send({ method: 'POST', path: '/api/auth/change-email', headers, body }), 429)
  })

  test('who is not signed in is bounded by address, and those who are go on from there', async () => {
    await start({ LIMIT_READS: '4' })
    const ada = await app.createUser()
    const strangers = Array.from({ length: 30 }, () => requests.send({ path: '/api/tasks' }))
    expect(await statuses(strangers)).toEqual({ 401: 20, 429: 10 })
    expect((await requests.send({ path: '/api/auth/ok' })).status).toBe(429)
    expect((await requests.send({ path: '/api/tasks', headers: jsonAs(ada.token) })).status).toBe(200)
    expect((await login(ada.email, password)).status).toBe(200)
    expect((await requests.send({ path: '/health' })).status).toBe(200)
  })

  test('guesses at the password of a session that was stolen are counted', async () => {
    await start({ LIMIT_LOGINS: '3' })
    const ada = await app.createUser()
    const change = (currentPassword: string) => {
      const body = JSON.stringify({ currentPassword, newPassword: 'another good one' })
      return requests.send({ method: 'POST', path: '/api/auth/change-password', headers: jsonAs(ada.token), body })
    }
    for (const _ of [1, 2, 3]) expect((await change('wrong password')).status).toBe(400)
    expect((await change(password)).status).toBe(429)
  })

  test('guesses at the password that deletes an account count with the others', async () => {
    await start({ LIMIT_LOGINS: '3' })
    const ada = await app.createUser()
    const headers = jsonAs(ada.token)
    const remove = (guess: string) =>
      requests.send({ method: 'DELETE', path: '/api/account', headers, body: JSON.stringify({ password: guess }) })
    const change = (currentPassword: string) => {
      const body = JSON.stringify({ currentPassword, newPassword: 'another good one' })
      return requests.send({ method: 'POST', path: '/api/auth/change-password', headers, body })
    }
    expectProblem(await remove('wrong password'), 401, 'invalid_credentials')
    expect((await change('wrong password')).status).toBe(400)
    expectProblem(await remove('wrong password'), 401, 'invalid_credentials')
    expectProblem(await remove(password), 429, 'rate_limited')
    expect((await change(password)).status).toBe(429)
  })

  test('what strangers do with an address writes to it no more often than it may be written to', async () => {
    await start({ EMAIL_VERIFICATION: 'required', LIMIT_REGISTRATIONS: '50', LIMIT_LOGINS: '50' })
    const post = (path: string, body: object) =>
      requests.send({ method: 'POST', path: `/api/auth${path}`, headers: json, body: JSON.stringify(body) })
    const subjects = async (email: string) =>
      (await app.db.selectFrom('mails').select('subject').where('recipient', '=', email).execute()).map(
        ({ subject }) => subject,
      )
    const replies = new Map<string, string[]>()
    for (const [email, path, body, mail] of [
      ['a@example.com', '/login', { password }, 'Confirm your e-mail address'],
      ['b@example.com', '/sign-in/email', { password }, 'Confirm your e-mail address'],
      ['c@example.com', '/register', { name: 'Ada', password }, 'You already have an account'],
      ['d@example.com', '/sign-up/email', { name: 'Ada', password }, 'You already have an account'],
    ] as const) {
      expect((await post('/register', { name: 'Ada', email, password })).status).toBe(201)
      const told = []
      for (let time = 0; time < 5; time++) {
        const { status, text } = await post(path, { ...body, email })
        told.push(`${status} ${text.replaceAll(/"(requestId|id|createdAt|updatedAt)":"[^"]*"/g, '')}`)
      }
      replies.set(email, told)
      expect(await subjects(email)).toEqual(['Confirm your e-mail address', mail, mail, mail])
    }
    for (const told of replies.values()) expect(new Set(told).size).toBe(1)
    expectProblem(await post('/send-verification-email', { email: 'a@example.com' }), 429, 'rate_limited')
  })

  test('a user reads two exports at once, and another one when one has ended, however it did', async () => {
    await start()
    const [ada, eve] = [await app.createUser(), await app.createUser('Eve')]
    const create = { op: 'create', task: { title: 'Long', description: 'x'.repeat(20_000) } } as const
    for (let number = 0; number < 30; number++)
      await ada.client.batchTasks({ body: { operations: Array.from({ length: 10 }, () => create) } })
    const begin = () => connectTo(app.baseUrl, ada.token)
    const [first, second] = [await begin(), await begin()]
    const path = '/api/account/export'
    const refused = await requests.send({ path, headers: jsonAs(ada.token) })
    expectProblem(refused, 429, 'rate_limited')
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    expect((await requests.send({ path, headers: jsonAs(eve.token) })).status).toBe(200)
    first.destroy()
    const again = async () => (await requests.send({ path, headers: jsonAs(ada.token) })).status
    await expect.poll(again, { timeout: 10_000 }).toBe(200)
    second.destroy()
    for (const method of ['HEAD', 'HEAD', 'HEAD', 'GET'])
      expect((await requests.send({ method, path, headers: jsonAs(ada.token) })).status).toBe(200)
  })

  test('a session that a native route prolongs is told to the browser, once', async () => {
    await start()
    const ada = await app.createUser()
    const { headers } = await login(ada.email, password)
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const long = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString()
    await app.db
      .updateTable('sessions')
      .set({ updated_at: long, expires_at: new Date(Date.now() + 5 * 24 * 60 * 60 * 1000).toISOString() })
      .execute()
    const first = await requests.send({ path: '/api/auth/get-session', headers: { cookie } })
    expect(first.headers['set-cookie']?.join()).toContain('session_token=')
    const second = await requests.send({ path: '/api/auth/get-session', headers: { cookie } })
    expect(second.headers['set-cookie']?.join() ?? '').not.toContain('session_token=')
  })

  test('native routes take JSON only', async () => {
    await start()
    const ada = await app.createUser()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ email: ada.email, password }).toString()
    const send = (headers: Record<string, string>) =>
      requests.send({ method: 'POST', path: '/api/auth/sign-in/email', headers, body })
    expectProblem(await send(form), 415, 'unsupported_media_type')
    expectProblem(await send({ 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
  })
})

/** A client that asks for its export, and reads no more than what arrives first. */
async function connectTo(baseUrl: string, token: string): Promise<Socket> {
  const { port } = new URL(baseUrl)
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  socket.write(`GET /api/account/export HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

describe.each(databases)('failed sign-ins on %s', (database) => {
  test('count although nothing of the request is kept', async () => {
    const app = await startApp(database, { LIMITS: 'on', LIMIT_LOGINS: '2' })
    const requests = createRequests(app.baseUrl)
    const { email } = await app.createUser()
    const send = (guess: string) => {
      const body = JSON.stringify({ email, password: guess })
      return requests.send({ method: 'POST', path: '/api/auth/login', headers: json, body })
    }
    for (const _ of [1, 2]) expectProblem(await send('wrong password'), 401, 'invalid_credentials')
    expectProblem(await send(password), 429, 'rate_limited')
    requests.close()
    await app.stop()
  })
})
