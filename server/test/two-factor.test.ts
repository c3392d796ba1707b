import { createClient } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, expectProblem, jsonAs, type Reply, type Requests } from './requests-http.ts'
import { codeOf, secretIn } from './second-factor.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

const json = { 'content-type': 'application/json' }

interface Protected {
  readonly user: TestUser
  /** The session after enabling: it is a new one. */
  readonly token: string
  readonly secret: string
  readonly backupCodes: string[]
}

describe.each(databases)('two-factor sign-in on %s', (database) => {
  let app: TestApp
  let requests: Requests
  beforeAll(async () => {
    const generous = { LIMIT_REGISTRATIONS: '1000', LIMIT_LOGINS_IP: '1000', LIMIT_WRITES: '1000' }
    app = await startApp(database, { LIMITS: 'on', ...generous })
    requests = createRequests(app.baseUrl)
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  const post = (path: string, body: unknown, headers: Record<string, string> = json): Promise<Reply> =>
    requests.send({
      method: 'POST',
      path: `/api/auth${path}`,
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    })
  const login = (user: TestUser, more: object = {}): Promise<Reply> =>
    post('/login', { email: user.email, password: user.password, ...more })

  const wrongCode = (secret: string): string => {
    const right = new Set([-2, -1, 0, 1, 2].map((offset) => codeOf(secret, offset)))
    return ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !right.has(code)) ?? ''
  }

  async function begin(): Promise<Protected> {
    const user = await app.createUser()
    const reply = await post('/two-factor/enable', { password }, jsonAs(user.token))
    expect(reply.status, reply.text).toBe(200)
    const { totpURI, backupCodes } = JSON.parse(reply.text)
    return {
      user,
      token: user.token,
      secret: secretIn(totpURI),
      backupCodes,
    }
  }

  async function enable(): Promise<Protected> {
    const begun = await begin()
    const reply = await post('/two-factor/verify-totp', { code: codeOf(begun.secret) }, jsonAs(begun.token))
    expect(reply.status, reply.text).toBe(200)
    return { ...begun, token: String(reply.headers['set-auth-token']) }
  }

  const cookiesOf = ({ headers }: Reply): string =>
    (headers['set-cookie'] ?? [])
      .filter((cookie) => !cookie.includes('Max-Age=0'))
      .map((cookie) => cookie.split(';')[0])
      .join('; ')

  /** The first step of the native flow, as a browser takes it. */
  async function challenge({ user }: Protected): Promise<{ reply: Reply; cookie: string }> {
    const reply = await post('/sign-in/email', { email: user.email, password })
    expect(JSON.parse(reply.text)).toEqual({ twoFactorRedirect: true, twoFactorMethods: ['totp'] })
    return { reply, cookie: cookiesOf(reply) }
  }

  test('is on only after the password and a first code', async () => {
    const user = await app.createUser()
    expect((await post('/two-factor/enable', { password: 'wrong password' }, jsonAs(user.token))).status).toBe(400)
    expect((await post('/two-factor/enable', {}, jsonAs(user.token))).status).toBe(400)
    expect((await post('/two-factor/enable', { password })).status).toBe(401)
    const begun = await begin()
    expect((await begun.user.client.getAccount()).body.twoFactorEnabled).toBe(false)
    expect((await login(begun.user)).status).toBe(200)
    const wrong = await post('/two-factor/verify-totp', { code: wrongCode(begun.secret) }, jsonAs(begun.token))
    expect(wrong.status).toBe(401)
    const right = await post('/two-factor/verify-totp', { code: codeOf(begun.secret) }, jsonAs(begun.token))
    expect(right.status).toBe(200)
    expectProblem(await login(begun.user), 401, 'two_factor_required')
    const { text } = await login(begun.user, { code: codeOf(begun.secret) })
    expect(JSON.parse(text)).toMatchObject({ user: { twoFactorEnabled: true } })
  })

  test('wants a code at the short route, and tells of a wrong one only after a right password', async () => {
    const { user, secret } = await enable()
    for (const reply of [await login(user), await login(user, { code: wrongCode(secret) })]) {
      expect(reply.status).toBe(401)
      expect(reply.headers).not.toHaveProperty('set-auth-token')
      expect(reply.headers).not.toHaveProperty('set-cookie')
    }
    expectProblem(await login(user, { code: wrongCode(secret) }), 401, 'invalid_credentials')
    expectProblem(await login(user, { code: 'nonsense' }), 401, 'invalid_credentials')
    expectProblem(await login(user, { password: 'wrong password' }), 401, 'invalid_credentials')
    expectProblem(await login(user, { password: 'wrong password', code: codeOf(secret) }), 401, 'invalid_credentials')
    const reply = await login(user, { code: ` ${codeOf(secret).slice(0, 3)} ${codeOf(secret).slice(3)}` })
    expect(reply.status, reply.text).toBe(200)
    const headers = { authorization: `Bearer ${String(reply.headers['set-auth-token'])}` }
    expect((await requests.send({ path: '/api/tasks', headers })).status).toBe(200)
  })

  test('takes a code once, also of many at the same moment, and none that is older', async () => {
    const { user, secret } = await enable()
    const code = codeOf(secret)
    const replies = await Promise.all(Array.from({ length: 8 }, () => login(user, { code })))
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 401)])
    expectProblem(await login(user, { code: codeOf(secret, -1) }), 401, 'invalid_credentials')
    expect((await login(user, { code: codeOf(secret, 1) })).status).toBe(200)
    const { cookie } = await challenge({ user } as Protected)
    expect((await post('/two-factor/verify-totp', { code: codeOf(secret, 1) }, { cookie })).status).toBe(401)
  })

  test('takes each backup code once, also of twenty uses at the same moment', async () => {
    const { user, backupCodes } = await enable()
    const [first = '', second = ''] = backupCodes
    const replies = await Promise.all(Array.from({ length: 20 }, () => login(user, { code: first })))
    const counts = replies.map(({ status }) => status)
    expect(counts.filter((status) => status === 200)).toHaveLength(1)
    expect(counts.filter((status) => ![200, 401, 429].includes(status))).toEqual([])
    const { backup_codes } = await app.db
      .selectFrom('two_factors')
      .select('backup_codes')
      .where('user_id', '=', user.id)
      .executeTakeFirstOrThrow()
    expect(backup_codes).not.toContain(second)
  })

  test('counts wrong codes with wrong passwords, on every way', async () => {
    const it = await enable()
    const code = wrongCode(it.secret)
    for (let number = 0; number < 5; number++) expect((await login(it.user, { code })).status).toBe(401)
    const { cookie } = await challenge(it)
    for (let number = 0; number < 5; number++) {
      const path = number % 2 ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code'
      expect((await post(path, { code }, { cookie })).status).toBe(401)
    }
    expectProblem(await post('/two-factor/verify-totp', { code: codeOf(it.secret) }, { cookie }), 429, 'rate_limited')
    expectProblem(await login(it.user, { code: codeOf(it.secret) }), 429, 'rate_limited')
  })

  test('a wrong or used code at a sign-in is an event for the owner, on every way', async () => {
    const it = await enable()
    const { user, secret, backupCodes } = it
    await login(user)
    const code = codeOf(secret, 1)
    await login(user, { code: wrongCode(secret) })
    await login(user, { code: 'nonsense' })
    expect((await login(user, { code })).status).toBe(200)
    await login(user, { code })
    const { cookie } = await challenge(it)
    await post('/two-factor/verify-totp', { code: wrongCode(secret) }, { cookie })
    expect((await post('/two-factor/verify-backup-code', { code: backupCodes[0] }, { cookie })).status).toBe(200)
    const { items } = (await createClient({ baseUrl: app.baseUrl, token: () => it.token }).listAccountEvents()).body
    const [wrong, used] = ['sign_in_failed', 'sign_in_failed']
    expect(items.slice(0, 6).map(({ kind }) => kind)).toEqual(['sign_in', wrong, used, 'sign_in', wrong, wrong])
  })

  test('gives no session before the code on the native way, and one after', async () => {
    const it = await enable()
    const { reply, cookie } = await challenge(it)
    expect(reply.headers).not.toHaveProperty('set-auth-token')
    expect(cookie).not.toContain('session_token')
    expect((await requests.send({ path: '/api/tasks', headers: { cookie } })).status).toBe(401)
    const done = await post('/two-factor/verify-totp', { code: codeOf(it.secret), trustDevice: true }, { cookie })
    expect(done.status, done.text).toBe(200)
    expect(done.headers['set-cookie']?.join()).not.toContain('trust_device')
    expect((await requests.send({ path: '/api/tasks', headers: { cookie: cookiesOf(done) } })).status).toBe(200)
    const again = await post('/two-factor/verify-totp', { code: codeOf(it.secret, 1) }, { cookie })
    expect(again.status).toBe(401)
    const next = await post('/sign-in/email', { email: it.user.email, password }, { cookie: cookiesOf(done) })
    expect(JSON.parse(next.text)).toMatchObject({ twoFactorRedirect: true })
  })

  test('cannot be passed by another route, and its other kinds are not there', async () => {
    const it = await enable()
    const { cookie } = await challenge(it)
    for (const path of [
      '/two-factor/send-otp',
      '/two-factor/verify-otp',
      '/totp/generate',
      '/two-factor/view-backup-codes',
    ]) {
      expectProblem(await post(path, { code: '123456', userId: it.user.id }, { cookie }), 404)
    }
    for (const path of ['/sign-up/email', '/sign-in/username', '/sign-in/phone-number', '/sign-in/social']) {
      const reply = await post(path, { email: it.user.email, name: 'Ada', password }, { cookie })
      expect(reply.headers, path).not.toHaveProperty('set-auth-token')
    }
    const bare = { authorization: `Bearer ${cookie.split('=')[1]}` }
    expect((await requests.send({ path: '/api/tasks', headers: bare })).status).toBe(401)
    const backup = { code: it.backupCodes[0], disableSession: true }
    const used = await post('/two-factor/verify-backup-code', backup, { cookie })
    expect(used.headers).toHaveProperty('set-auth-token')
  })

  test('is wanted after a reset of the password, too', async () => {
    const { user, secret } = await enable()
    await post('/request-password-reset', { email: user.email })
    const mails = () =>
      app.log.map(({ mail }) => JSON.stringify(mail ?? '')).filter((mail) => mail.includes(user.email))
    await expect.poll(() => mails().join()).toContain('reset-password?token=')
    const token = /reset-password\?token=([\w-]+)/.exec(mails().join())?.[1]
    const reset = await post('/reset-password', { token, newPassword: 'another good one' })
    expect(reset.status, reset.text).toBe(200)
    expect(reset.headers).not.toHaveProperty('set-auth-token')
    expectProblem(await login(user, { password: 'another good one' }), 401, 'two_factor_required')
    expect((await login(user, { password: 'another good one', code: codeOf(secret) })).status).toBe(200)
  })

  test('keeps its secret encrypted', async () => {
    const { user, secret, backupCodes } = await begin()
    const row = await app.db
      .selectFrom('two_factors')
      .selectAll()
      .where('user_id', '=', user.id)
      .executeTakeFirstOrThrow()
    for (const plain of [secret, ...backupCodes]) expect(JSON.stringify(row)).not.toContain(plain)
  })

  test('is turned off by the password alone of a session, and sign-in is as before', async () => {
    const { user, token } = await enable()
    expect((await post('/two-factor/disable', { password: 'wrong password' }, jsonAs(token))).status).toBe(400)
    expect((await post('/two-factor/disable', { password }, jsonAs(token))).status).toBe(200)
    const { status, text } = await login(user)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ user: { twoFactorEnabled: false } })
  })
})

/** The bytes behind base32 (RFC 4648), which here are a text. */
