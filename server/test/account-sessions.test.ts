import { type Client, createClient, type ServerEvents, TaskwellError } from '@taskwell/api'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases } from './databases.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

const hour = 60 * 60 * 1000

interface Device {
  readonly id: string
  readonly token: string
  readonly client: Client
}

describe.each(databases)('the sessions and events of an account on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database, { LIMIT_SESSIONS: '5' })
  })
  afterAll(() => app.stop())

  async function signIn({ email }: TestUser, userAgent = 'Test/1'): Promise<Device> {
    const named: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers)
      headers.set('user-agent', userAgent)
      return fetch(input, { ...init, headers })
    }
    const { body, headers } = await createClient({ baseUrl: app.baseUrl, fetch: named }).login({
      body: { email, password },
    })
    const token = headers.get('set-auth-token') ?? ''
    const client = createClient({ baseUrl: app.baseUrl, token: () => token, fetch: named })
    return { id: body.session.id, token, client }
  }

  async function codeOf(call: Promise<unknown>): Promise<unknown> {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return error instanceof TaskwellError ? error.problem.code : error
  }

  async function kindsOf({ client }: Pick<TestUser, 'client'>): Promise<string[]> {
    return (await client.listAccountEvents({ query: { limit: 200 } })).body.items.map(({ kind }) => kind)
  }

  function native(path: string, { token, body }: { token?: string; body: object }): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    return fetch(`${app.baseUrl}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  function lastLink(email: string): string {
    const mails = app.log.flatMap(({ mail }) => (mail ? [mail as { to: string; text: string }] : []))
    const text = mails.findLast(({ to }) => to === email)?.text ?? ''
    return /http\S+/.exec(text)?.[0] ?? ''
  }

  test('a list of sessions tells where each is, and which one asks', async () => {
    const user = await app.createUser()
    const phone = await signIn(user, 'Phone/7')
    const { items } = (await phone.client.listSessions()).body
    expect(items).toHaveLength(2)
    expect(items[0]).toEqual({
      id: phone.id,
      createdAt: expect.any(String),
      lastActiveAt: expect.any(String),
      expiresAt: expect.any(String),
      ip: '127.0.0.1',
      userAgent: 'Phone/7',
      current: true,
    })
    expect(items.map(({ current }) => current)).toEqual([true, false])
    expect(JSON.stringify(items)).not.toContain(phone.token.split('.')[0])
  })

  test('`lastActiveAt` follows use, and is not written at every request', async () => {
    const [ada, bob] = [await app.createUser(), await app.createUser()]
    const now = new Date(Date.now() + hour)
    const aMinuteAgo = new Date(now.getTime() - 60_000).toISOString()
    await app.db.updateTable('sessions').set({ last_active_at: aMinuteAgo }).where('user_id', '=', ada.id).execute()
    app.setNow(now)
    for (const { client } of [ada, bob]) await client.listTasks()
    app.setNow(undefined)
    const seen = async (user: TestUser) => {
      const { items } = (await (await app.createSession(user)).client.listSessions()).body
      return items.find(({ current, lastActiveAt }) => !current && lastActiveAt > new Date().toISOString())
        ?.lastActiveAt
    }
    await vi.waitFor(async () => expect(await seen(bob)).toBe(now.toISOString()), { timeout: 8_000, interval: 200 })
    expect(await seen(ada)).toBe(aMinuteAgo)
  })

  test('an ended session is refused at its next request, and its connections end', async () => {
    const user = await app.createUser()
    const phone = await signIn(user)
    const socket: Socket<ServerEvents> = io(app.baseUrl, {
      transports: ['websocket'],
      auth: { token: phone.token },
      forceNew: true,
      reconnection: false,
    })
    const heard: string[] = []
    socket.onAny((event: string) => void heard.push(event))
    await vi.waitFor(() => expect(heard).toEqual(['ready']), { timeout: 5_000 })
    await user.client.endSession({ params: { id: phone.id } })
    expect(await codeOf(phone.client.listTasks())).toBe('unauthenticated')
    await vi.waitFor(() => expect(heard).toEqual(['ready', 'session:ended']), { timeout: 1_500 })
    expect(await codeOf(user.client.endSession({ params: { id: phone.id } }))).toBe('not_found')
    expect((await kindsOf(user))[0]).toBe('session_ended')
  })

  test('ending the current session signs out', async () => {
    const user = await app.createUser()
    const phone = await signIn(user)
    const cookie = `better-auth.session_token=${encodeURIComponent(phone.token)}`
    const path = `${app.baseUrl}/api/account/sessions/${phone.id}`
    const reply = await fetch(path, { method: 'DELETE', headers: { cookie } })
    expect(reply.status).toBe(204)
    expect(reply.headers.getSetCookie().join()).toMatch(/session_token=;.*Max-Age=0/)
    expect(reply.headers.get('clear-site-data')).toBe('"cache"')
    expect(await codeOf(phone.client.getSession())).toBe('unauthenticated')
    expect((await kindsOf(user))[0]).toBe('sign_out')
  })

  test('all other sessions end at once, and nobody else does', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    const devices = [await signIn(user), await signIn(user)]
    await user.client.endOtherSessions()
    for (const { client } of devices) expect(await codeOf(client.getSession())).toBe('unauthenticated')
    expect((await user.client.listSessions()).body.items).toHaveLength(1)
    expect((await other.client.listSessions()).body.items).toHaveLength(1)
  })

  test('one sign-in too many ends the session that was not used for the longest time', async () => {
    const user = await app.createUser()
    const devices: Device[] = []
    for (let number = 0; number < 4; number++) devices.push(await signIn(user))
    const [first, second] = devices
    const used = { last_active_at: new Date(Date.now() + hour).toISOString() }
    const ids = (await user.client.listSessions()).body.items.map(({ id }) => id).filter((id) => id !== second?.id)
    await app.db.updateTable('sessions').set(used).where('id', 'in', ids).execute()
    const last = await signIn(user)
    expect(await codeOf(second?.client.getSession() ?? Promise.resolve())).toBe('unauthenticated')
    expect(await codeOf(first?.client.getSession() ?? Promise.resolve())).toBeUndefined()
    expect((await last.client.listSessions()).body.items).toHaveLength(5)
  })

  test('many sign-ins at once leave no more sessions than there may be', async () => {
    const user = await app.createUser()
    for (let number = 0; number < 4; number++) await signIn(user)
    await Promise.all([1, 2, 3].map(() => signIn(user)))
    expect((await app.db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute()).length).toBe(5)
  })

  test('more sign-ins at once than there may be sessions all succeed, and the last ones stay', async () => {
    const user = await app.createUser()
    const devices = await Promise.all(Array.from({ length: 15 }, () => signIn(user)))
    const alive = (await app.db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute()).map(
      ({ id }) => id,
    )
    expect(alive).toHaveLength(5)
    for (const id of alive) expect(devices.map((device) => device.id)).toContain(id)
    expect(new Set(devices.map(({ id }) => id)).size).toBe(15)
  })

  test('events tell of sign-ins, failures, sign-outs, tokens and passwords, on all routes', async () => {
    const user = await app.registerUser()
    const { email, client } = user
    expect(await codeOf(client.login({ body: { email: email.toUpperCase(), password: 'wrong password' } }))).toBe(
      'invalid_credentials',
    )
    expect((await kindsOf(user))[0]).toBe('sign_in_failed')
    const phone = await signIn(user, 'Phone/7')
    await phone.client.logout()
    const tablet = await native('/sign-in/email', { body: { email, password } })
    await native('/sign-out', { token: tablet.headers.get('set-auth-token') ?? '', body: {} })
    const { id } = (await client.createToken({ body: { name: 'x', scopes: ['tasks:read'] } })).body
    await client.deleteToken({ params: { id } })
    await fetch(lastLink(email))
    await fetch(lastLink(email))
    const passwords = { currentPassword: password, newPassword: 'another good password' }
    const changed = await native('/change-password', { token: user.token, body: passwords })
    await native('/request-password-reset', { body: { email } })
    const resetToken = await vi.waitFor(() => {
      const token = /reset-password\?token=(.+)/.exec(lastLink(email))?.[1]
      expect(token).toBeDefined()
      return token
    }, 5_000)
    await native('/reset-password', { body: { token: resetToken, newPassword: password } })
    expect(changed.status).toBe(200)
    const again = await signIn(user)
    expect(await kindsOf(again)).toEqual([
      'sign_in',
      'password_reset',
      'password_changed',
      'email_verified',
      'token_deleted',
      'token_created',
      'sign_out',
      'sign_in',
      'sign_out',
      'sign_in',
      'sign_in_failed',
      'sign_in',
      'account_created',
    ])
    const { items } = (await again.client.listAccountEvents({ query: { limit: 200 } })).body
    expect(items.find(({ userAgent }) => userAgent === 'Phone/7')).toMatchObject({ kind: 'sign_out', ip: '127.0.0.1' })
  })

  test('a new account does not hear of sign-ins that failed before it was there', async () => {
    const email = 'later@example.org'
    const client = createClient({ baseUrl: app.baseUrl })
    expect(await codeOf(client.login({ body: { email, password } }))).toBe('invalid_credentials')
    const { headers } = await client.register({ body: { name: 'Later', email, password } })
    const token = headers.get('set-auth-token') ?? ''
    const { items } = (await createClient({ baseUrl: app.baseUrl, token: () => token }).listAccountEvents()).body
    expect(items.map(({ kind }) => kind)).toEqual(['sign_in', 'account_created'])
  })

  test('a refused change is no event', async () => {
    const user = await app.createUser()
    const passwords = { currentPassword: 'wrong password', newPassword: 'another good password' }
    await native('/change-password', { token: user.token, body: passwords })
    await native('/reset-password', { body: { token: 'nonsense', newPassword: password } })
    expect(await kindsOf(user)).toEqual(['sign_in', 'account_created'])
  })

  test('events come in pages, each once, of the own account only', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    for (let number = 0; number < 3; number++) {
      const { id } = (await user.client.createToken({ body: { name: 'x', scopes: ['tasks:read'] } })).body
      await user.client.deleteToken({ params: { id } })
    }
    const all = (await user.client.listAccountEvents()).body
    expect(all.nextCursor).toBeNull()
    const paged = []
    let cursor: string | undefined
    do {
      const query = { limit: 3, ...(cursor === undefined ? {} : { cursor }) }
      const { body } = await user.client.listAccountEvents({ query })
      if (cursor) expect(await codeOf(other.client.listAccountEvents({ query }))).toBe('validation_failed')
      paged.push(...body.items)
      cursor = body.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(paged).toEqual(all.items)
    expect(paged).toHaveLength(8)
  })

  test('strangers cannot push out what the owner did, nor fill the disk', async () => {
    const user = await app.createUser()
    const failed = Array.from({ length: 250 }, (_, number) => ({
      id: `old ${String(number).padStart(4, '0')}`,
      user_id: user.id,
      at: new Date(Date.now() - hour + number).toISOString(),
      kind: 'sign_in_failed',
      ip: null,
      user_agent: null,
    }))
    await app.db.insertInto('account_events').values(failed).execute()
    await codeOf(user.client.login({ body: { email: user.email, password: 'wrong password' } }))
    await vi.waitFor(async () => {
      const rows = await app.db.selectFrom('account_events').select('kind').where('user_id', '=', user.id).execute()
      expect(rows.filter(({ kind }) => kind === 'sign_in_failed')).toHaveLength(200)
      expect(rows.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['sign_in', 'account_created']))
    }, 5_000)
  })
})
