import { getMigrations } from 'better-auth/db/migration'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { baseUrl, cookieOf, openAuth, password, type TestAuth, tokenOf } from './test-auth.ts'

describe.each(databases)('accounts on %s', (database) => {
  let it: TestAuth
  beforeAll(async () => {
    it = await openAuth(database)
  })
  afterAll(() => it.close())

  test('Better Auth finds every table and column that it needs', async () => {
    const { toBeCreated, toBeAdded } = await getMigrations(it.auth.options)
    expect(toBeCreated).toEqual([])
    expect(toBeAdded).toEqual([])
  })

  test('registering signs in, by cookie and by token, and shows no token in the body', async () => {
    const { body, headers } = await it.register({
      name: ' Ada ',
      email: 'Ada@Example.org',
      timeZone: 'europe/berlin',
    })
    expect(body).toEqual({
      user: {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        name: 'Ada',
        email: 'ada@example.org',
        emailVerified: false,
        twoFactorEnabled: false,
        timeZone: 'Europe/Berlin',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      session: { id: expect.any(String), createdAt: expect.any(String), expiresAt: expect.any(String) },
    })
    expect(headers?.['set-cookie']).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)])
    const byCookie = await it.findCaller({ cookie: cookieOf(headers) })
    const byToken = await it.findCaller({ authorization: `Bearer ${tokenOf(headers)}` })
    expect(byCookie).toMatchObject({ user: body.user, session: body.session })
    expect(byToken).toEqual(byCookie)
    const session = await it.db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow()
    expect(session.ip_address).toBe('192.0.2.7')
    expect(JSON.stringify(body)).not.toContain(session.token)
  })

  test('the time zone is UTC unless one is given', async () => {
    const { body } = await it.register({ email: 'utc@example.org' })
    expect(body.user.timeZone).toBe('UTC')
  })

  test('a taken address is refused, in any spelling', async () => {
    await it.register({ email: 'taken@example.org' })
    await expect(it.register({ email: 'TAKEN@example.org' })).rejects.toMatchObject({ code: 'email_taken' })
  })

  test('of two who register one address at once, one is told that it is taken', async () => {
    const both = await Promise.allSettled([1, 2].map(() => it.register({ email: 'race@example.org' })))
    const refused = both.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(refused).toEqual(['email_taken'])
  })

  test('password lengths count code points', async () => {
    const short = it.register({ email: 'short@example.org', password: '🔑'.repeat(7) })
    await expect(short).rejects.toMatchObject({ details: { errors: [{ path: '/body/password' }] } })
    const long = it.register({ email: 'long@example.org', password: '🔑'.repeat(129) })
    await expect(long).rejects.toMatchObject({ details: { errors: [{ path: '/body/password' }] } })
    await it.register({ email: 'longest@example.org', password: '🔑'.repeat(128) })
  })

  test('passwords are kept as argon2id hashes of the agreed cost', async () => {
    const rows = await it.db.selectFrom('accounts').select('password').execute()
    for (const row of rows) expect(row.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  test('a wrong password and an unknown address get the same reply', async () => {
    await it.register({ email: 'known@example.org' })
    const attempt = (email: string) =>
      it.login(it.visit(), { body: { email, password: 'wrong password' } }).catch((error: unknown) => error)
    const known = await attempt('known@example.org')
    expect(known).toMatchObject({ code: 'invalid_credentials' })
    expect(await attempt('unknown@example.org')).toEqual(known)
  })

  test('signing in ends the session that came along', async () => {
    const first = await it.register({ email: 'again@example.org' })
    const cookie = cookieOf(first.headers)
    const body = { email: 'Again@example.org', password }
    const second = await it.login(it.visit({ cookie }), { body })
    expect(second.body.user).toEqual(first.body.user)
    expect(await it.findCaller({ cookie })).toBeUndefined()
    expect(await it.findCaller({ cookie: cookieOf(second.headers) })).toMatchObject({ session: second.body.session })
  })

  test('a failed sign-in leaves the session alone', async () => {
    const { headers } = await it.register({ email: 'kept@example.org' })
    const cookie = cookieOf(headers)
    const body = { email: 'kept@example.org', password: 'wrong password' }
    await expect(it.login(it.visit({ cookie }), { body })).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(await it.findCaller({ cookie })).toBeDefined()
  })

  test('a session that is not to be remembered ends with the browser, or after a day', async () => {
    await it.register({ email: 'brief@example.org' })
    const body = { email: 'brief@example.org', password, rememberMe: false }
    const { headers, body: reply } = await it.login(it.visit(), { body })
    expect(headers?.['set-cookie']).toEqual(expect.arrayContaining([expect.not.stringContaining('Max-Age')]))
    const { createdAt, expiresAt } = reply.session
    expect(Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 1000)).toBe(24 * 60 * 60)
  })

  test.each(['cookie', 'bearer'])('signing out by %s ends the session and clears the cookie', async (way) => {
    const { headers } = await it.register({ email: `out-${way}@example.org` })
    const proof = way === 'cookie' ? { cookie: cookieOf(headers) } : { authorization: `Bearer ${tokenOf(headers)}` }
    expect(await it.findCaller(proof)).toBeDefined()
    const reply = await it.logout(it.visit(proof), {})
    expect(reply.headers?.['clear-site-data']).toBe('"cache"')
    expect(reply.headers?.['set-cookie']).toContainEqual(
      expect.stringMatching(/^better-auth\.session_token=; Max-Age=0/),
    )
    expect(await it.findCaller(proof)).toBeUndefined()
  })

  test('signing out without a session is fine', async () => {
    await expect(it.logout(it.visit(), {})).resolves.toMatchObject({ headers: { 'clear-site-data': '"cache"' } })
  })

  test('native sign-up is held to the rules for names, zones and passwords', async () => {
    const good = { name: 'Ada', email: 'native@example.org', password }
    const faults = [
      { name: 'x'.repeat(5000) },
      { name: ' ' },
      { name: 'a\0b' },
      { name: '\ud800' },
      { image: 'x\0' },
      { timeZone: 'Mars/x' },
      { password: '🔑'.repeat(7) },
      { email: `${'x'.repeat(250)}@example.org` },
    ]
    for (const fault of faults) {
      const response = await it.native('/sign-up/email', { ...good, ...fault })
      expect({ fault, status: response.status }).toEqual({ fault, status: 422 })
    }
    const response = await it.native('/sign-up/email', { ...good, timeZone: 'europe/berlin', twoFactorEnabled: true })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ user: { timeZone: 'Europe/Berlin', twoFactorEnabled: false } })
  })

  test('native updates are held to the rules for names and zones', async () => {
    const { headers, body } = await it.register({ email: 'update@example.org' })
    const proof = { cookie: cookieOf(headers) }
    for (const fault of [{ timeZone: 'Mars/x' }, { name: 'x'.repeat(5000) }]) {
      expect((await it.native('/update-user', fault, proof)).status).toBe(422)
    }
    expect((await it.native('/update-user', { name: ' Grace ' }, proof)).status).toBe(200)
    expect(await it.findCaller(proof)).toMatchObject({ user: { ...body.user, name: 'Grace' } })
  })

  test('changing the password natively ends all other sessions, asked or not', async () => {
    const other = await it.register({ email: 'change@example.org' })
    const own = await it.login(it.visit(), { body: { email: 'change@example.org', password } })
    const change = { currentPassword: password, newPassword: 'a different password' }
    const response = await it.native('/change-password', change, { cookie: cookieOf(own.headers) })
    expect(response.status).toBe(200)
    expect(await it.findCaller({ cookie: cookieOf(other.headers) })).toBeUndefined()
  })

  test('a bad bearer token is not saved by a good cookie on native routes', async () => {
    const { headers } = await it.register({ email: 'bearer@example.org' })
    const cookie = cookieOf(headers)
    expect((await it.native('/list-sessions', undefined, { cookie })).status).toBe(200)
    for (const authorization of ['Bearer wrong.token', 'Basic QTpC', `Bearer ${tokenOf(headers)}x`]) {
      expect((await it.native('/list-sessions', undefined, { cookie, authorization })).status).toBe(401)
    }
  })

  test('the address that a client claims to have is not believed', async () => {
    const forged = { 'x-forwarded-for': '198.51.100.1', 'x-taskwell-client-ip': '198.51.100.1' }
    await it.native('/sign-up/email', { name: 'Ada', email: 'forged@example.org', password }, forged)
    const rows = await it.db.selectFrom('sessions').select('ip_address').distinct().execute()
    expect(rows).toEqual([{ ip_address: '192.0.2.7' }])
  })

  test('a reset link dies when a newer one is asked for, and ends all sessions when used', async () => {
    const { headers } = await it.register({ email: 'reset@example.org' })
    const links = []
    for (let round = 0; round < 2; round += 1) {
      await it.native('/request-password-reset', { email: 'reset@example.org' })
      links.push((await it.mails()).at(-1)?.text.match(/reset-password\?token=(\S+)/)?.[1])
    }
    const reset = (token: unknown) => it.native('/reset-password', { token, newPassword: 'a new password' })
    expect((await reset(links[0])).status).toBe(400)
    expect((await reset(links[1])).status).toBe(200)
    expect((await reset(links[1])).status).toBe(400)
    expect(await it.findCaller({ cookie: cookieOf(headers) })).toBeUndefined()
  })

  test('no native route hands text to the store that it cannot take', async () => {
    const { headers } = await it.register({ email: 'nul@example.org' })
    const proof = { cookie: cookieOf(headers) }
    for (const text of ['a\0', '\ud800']) {
      expect((await it.native('/revoke-session', { token: text }, proof)).status).toBe(422)
      expect((await it.native('/reset-password', { token: text, newPassword: password })).status).toBe(422)
    }
    expect((await it.native('/reset-password?token=%00', { newPassword: password })).status).toBe(422)
    expect((await it.native('/update-user', { image: 5 }, proof)).status).toBe(422)
  })

  test('a link in a mail never leads to another site', async () => {
    const body = { email: 'ada@example.org', redirectTo: 'https://evil.example' }
    expect((await it.native('/request-password-reset', body)).status).toBe(403)
    expect((await it.native('/verify-email?token=x&callbackURL=https://evil.example')).status).toBe(403)
  })

  test('features that Taskwell has not are not there', async () => {
    expect((await it.native('/sign-in/social', { provider: 'github' })).status).toBe(404)
    expect((await it.native('/delete-user', {})).status).toBe(404)
  })
})

describe.each(databases)('accounts whose address must be verified, on %s', (database) => {
  let it: TestAuth
  beforeAll(async () => {
    it = await openAuth(database, { emailVerification: 'required' })
  })
  afterAll(() => it.close())

  test('the reply to registering does not tell whether the address is taken', async () => {
    const [first, second] = [await it.register(), await it.register()]
    expect(first.body.session).toBeNull()
    expect(first.headers).toEqual({})
    const { id: _, createdAt: __, ...user } = first.body.user
    expect(second).toMatchObject({ body: { user, session: null }, headers: {} })
    expect(Object.keys(second.body.user)).toEqual(Object.keys(first.body.user))
    expect((await it.mails()).map((mail) => mail.subject)).toEqual([
      'Confirm your e-mail address',
      'You already have an account',
    ])
  })

  test('native sign-up does not tell it either', async () => {
    const signUp = async (email: string) => {
      const body = { name: ' Ada ', email, password, timeZone: 'europe/berlin' }
      const response = await it.native('/sign-up/email', body)
      const { user, ...rest } = await response.json()
      return { status: response.status, rest, user: { ...user, id: '', email: '', createdAt: '', updatedAt: '' } }
    }
    const fresh = await signUp('fresh@example.org')
    const taken = await signUp('fresh@example.org')
    expect(JSON.stringify(taken)).toBe(JSON.stringify(fresh))
  })

  test('signing in waits for the verification, which gives no session', async () => {
    const login = () => it.login(it.visit(), { body: { email: 'wait@example.org', password } })
    await it.register({ email: 'wait@example.org' })
    const link = /http\S+/.exec((await it.mails()).at(-1)?.text ?? '')?.[0] ?? ''
    expect(link.startsWith(`${baseUrl}/api/auth/verify-email?token=`)).toBe(true)
    await expect(login()).rejects.toMatchObject({ code: 'email_not_verified' })
    for (let click = 0; click < 2; click += 1) {
      const response = await it.native(link.slice(`${baseUrl}/api/auth`.length))
      expect(response.status).toBe(302)
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect((await login()).body.user.emailVerified).toBe(true)
  })
})

describe.each(databases)('accounts on %s when the store fails', (database) => {
  test('answer no refusal, but the failure itself', async () => {
    const it = await openAuth(database)
    const { headers } = await it.register()
    await it.db.schema.dropTable('accounts').execute()
    const failure = it.login(it.visit(), { body: { email: 'ada@example.org', password } })
    await expect(failure).rejects.toThrow(/accounts/)
    await it.db.schema.dropTable('sessions').execute()
    await expect(it.logout(it.visit({ cookie: cookieOf(headers) }), {})).rejects.toThrow(/sessions/)
    await it.close()
  })
})

test.each(databases)('cookies of an https site on %s are for https only', async (database) => {
  const it = await openAuth(database, { baseUrl: 'https://tasks.example.org' })
  const { headers } = await it.register()
  expect(headers?.['set-cookie']).toEqual([expect.stringMatching(/^__Secure-.*; HttpOnly; Secure; SameSite=Lax$/)])
  expect(await it.findCaller({ cookie: cookieOf(headers) })).toBeDefined()
  expect((await it.native('/list-sessions', undefined, { cookie: cookieOf(headers) })).status).toBe(200)
  await it.close()
})

describe.each(databases)('one session a user on %s', (database) => {
  test('many sign-ins at once all succeed, though each ends the one before', async () => {
    const accounts = await openAuth(database, { sessionsAUser: 1 })
    await accounts.register()
    const body = { email: 'ada@example.org', password }
    const replies = await Promise.all(Array.from({ length: 12 }, () => accounts.login(accounts.visit(), { body })))
    expect(new Set(replies.map((reply) => reply.body.session.id)).size).toBe(12)
    const left = await accounts.db.selectFrom('sessions').select('id').execute()
    expect(replies.map((reply) => reply.body.session.id)).toContain(left[0]?.id)
    expect(left).toHaveLength(1)
    await accounts.close()
  })
})

describe.each(databases)('closed registration on %s', (database) => {
  let it: TestAuth
  beforeAll(async () => {
    it = await openAuth(database, { registration: 'closed', emailVerification: 'required' })
  })
  afterAll(() => it.close())

  test('refuses the short and the native route', async () => {
    await expect(it.register()).rejects.toMatchObject({ code: 'registration_closed' })
    const response = await it.native('/sign-up/email', { name: 'Ada', email: 'ada@example.org', password })
    expect(response.status).toBe(403)
    expect(await it.db.selectFrom('users').select('id').execute()).toEqual([])
  })
})
