import { randomUUID } from 'node:crypto'
import { createClient } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteUser } from '../src/account/index.ts'
import { setPassword } from '../src/auth/index.ts'
import { createCommandAuth } from '../src/cli/command-auth.ts'
import { databases } from './databases.ts'
import { type Heard, listenTo } from './listen.ts'
import { createRequests, jsonAs, type Reply, type Requests } from './requests-http.ts'
import { codeOf, secretIn } from './second-factor.ts'
import { password, startApp, type TestApp } from './start-app.ts'

/** What opens an account, or a part of it. */
const credentials = [
  'session that acts',
  'other session',
  'API token',
  'reset link',
  'link that confirms the address',
  'sign-in that waits for its code',
] as const
type Credential = (typeof credentials)[number]

const newPassword = 'another horse battery'

/** Somebody with one of each. */
interface Holder {
  readonly id: string
  readonly email: string
  readonly sessions: Readonly<Record<'session that acts' | 'other session', { id: string; token: string }>>
  readonly apiToken: { readonly id: string; readonly token: string }
  readonly resetToken: string
  readonly confirmationLink: string
  readonly challenge: string
  readonly secret: string
  readonly backupCodes: readonly string[]
}

describe.each(databases)('what ends which credential on %s:', (database) => {
  let app: TestApp
  let requests: Requests
  beforeAll(async () => {
    app = await startApp(database, { LIMIT_SESSIONS: '4' })
    requests = createRequests(app.baseUrl)
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const json = { 'content-type': 'application/json', ...headers }
    return requests.send({ method: 'POST', path: `/api/auth${path}`, headers: json, body: JSON.stringify(body) })
  }

  async function succeed(path: string, body: unknown, token?: string): Promise<Reply> {
    const reply = await post(path, body, token === undefined ? {} : jsonAs(token))
    expect(reply.status, `${path}: ${reply.text}`).toBe(200)
    return reply
  }

  const clientOf = (token: string) => createClient({ baseUrl: app.baseUrl, token: () => token })
  const acting = ({ sessions }: Holder) => sessions['session that acts'].token

  /** The part of the last mail to that address that the pattern takes; without a mail server, mails are in the log. */
  async function lastMail(to: string, pattern: RegExp): Promise<string> {
    const find = () => {
      const mails = app.log.flatMap(({ mail }) => (mail ? [mail as { to: string; text: string }] : []))
      return mails.filter((mail) => mail.to === to).flatMap(({ text }) => pattern.exec(text)?.slice(-1) ?? [])
    }
    await expect.poll(() => find().length, { timeout: 10_000 }).toBeGreaterThan(0)
    return find().at(-1) ?? ''
  }

  async function createHolder(): Promise<Holder> {
    const { id, email, token: first } = await app.createUser()
    const { totpURI, backupCodes } = JSON.parse((await succeed('/two-factor/enable', { password }, first)).text)
    const secret = secretIn(totpURI)
    const verified = await succeed('/two-factor/verify-totp', { code: codeOf(secret) }, first)
    const token = String(verified.headers['set-auth-token'])
    const mine = (await clientOf(token).getSession()).body.session
    const apiToken = (await clientOf(token).createToken({ body: { name: 'x', scopes: ['tasks:read'] } })).body
    await succeed('/request-password-reset', { email })
    await succeed('/send-verification-email', { email })
    const waiting = await succeed('/sign-in/email', { email, password })
    const cookies = (waiting.headers['set-cookie'] ?? []).filter((cookie) => !cookie.includes('Max-Age=0'))
    return {
      id,
      email,
      sessions: { 'session that acts': { id: mine.id, token }, 'other session': await app.createSession({ id }) },
      apiToken,
      resetToken: await lastMail(email, /reset-password\?token=(\S+)/),
      confirmationLink: await lastMail(email, /http\S+verify-email\S+/),
      challenge: cookies.map((cookie) => cookie.split(';')[0]).join('; '),
      secret,
      backupCodes,
    }
  }

  /** Changes the address of the account by the link in the mail. */
  async function changeEmail(holder: Holder): Promise<void> {
    const newEmail = `${randomUUID()}@example.com`
    await succeed('/change-email', { newEmail }, acting(holder))
    const token = await lastMail(newEmail, /confirm-email\?token=(\S+)/)
    expect((await requests.send({ path: `/confirm-email?token=${token}` })).status).toBe(200)
  }

  async function refuseEmail(holder: Holder): Promise<void> {
    await succeed('/change-email', { newEmail: `${randomUUID()}@example.com` }, acting(holder))
    const token = await lastMail(holder.email, /refuse-email\?token=(\S+)/)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    const body = new URLSearchParams({ token }).toString()
    expect((await requests.send({ method: 'POST', path: '/refuse-email', headers, body })).status).toBe(200)
  }

  /** As another process does, whose writes the server is not told of. */
  const commandAuth = () => createCommandAuth(app.db, { ...app.config, baseUrl: app.baseUrl })

  /** One more than there may be, while the other session is the one that was used least recently. */
  async function signInTooOften({ id, email, sessions, backupCodes }: Holder): Promise<void> {
    const other = sessions['other session'].id
    const longAgo = { last_active_at: new Date(Date.now() - 3_600_000).toISOString() }
    await app.db.updateTable('sessions').set(longAgo).where('id', '=', other).execute()
    for (let number = 0; number < 2; number += 1) await app.createSession({ id })
    const body = { email, password, code: backupCodes[0] }
    expect((await post('/login', body)).status).toBe(200)
  }

  const all = [...credentials]
  const endings: [string, readonly Credential[], (holder: Holder) => Promise<unknown>][] = [
    ['signing out', ['session that acts'], (holder) => clientOf(acting(holder)).logout()],
    [
      'ending one session',
      ['other session'],
      (holder) => clientOf(acting(holder)).endSession({ params: { id: holder.sessions['other session'].id } }),
    ],
    ['ending all other sessions', ['other session'], (holder) => clientOf(acting(holder)).endOtherSessions()],
    [
      'ending all other sessions natively',
      ['other session'],
      (holder) => succeed('/revoke-other-sessions', {}, acting(holder)),
    ],
    [
      'ending all sessions natively',
      ['session that acts', 'other session'],
      (holder) => succeed('/revoke-sessions', {}, acting(holder)),
    ],
    [
      'changing the password',
      ['other session', 'reset link', 'sign-in that waits for its code'],
      (holder) => succeed('/change-password', { currentPassword: password, newPassword }, acting(holder)),
    ],
    [
      'resetting the password',
      ['session that acts', 'other session', 'reset link', 'sign-in that waits for its code'],
      ({ resetToken: token }) => succeed('/reset-password', { token, newPassword }),
    ],
    ['asking for a newer reset link', ['reset link'], ({ email }) => succeed('/request-password-reset', { email })],
    [
      'setting the password on the command line',
      ['session that acts', 'other session', 'reset link', 'sign-in that waits for its code'],
      ({ email }) =>
        setPassword({ db: app.db, auth: commandAuth() }, { email, password: newPassword, now: new Date() }),
    ],
    ['changing the address', ['reset link', 'link that confirms the address'], changeEmail],
    [
      'refusing a change of the address',
      ['session that acts', 'other session', 'reset link', 'sign-in that waits for its code'],
      refuseEmail,
    ],
    [
      'deleting the API token',
      ['API token'],
      (holder) => clientOf(acting(holder)).deleteToken({ params: { id: holder.apiToken.id } }),
    ],
    ['one sign-in too many', ['other session'], signInTooOften],
    ['deleting the account', all, (holder) => clientOf(acting(holder)).deleteAccount({ body: { password } })],
    ['deleting the account on the command line', all, ({ id }) => deleteUser(app.db, { userId: id, now: new Date() })],
  ]

  test.each(endings)('%s ends %j, and nothing else', async (_, ended, end) => {
    const holder = await createHolder()
    const tokens: [Credential, string][] = [
      ['session that acts', acting(holder)],
      ['other session', holder.sessions['other session'].token],
      ['API token', holder.apiToken.token],
    ]
    const devices: [Credential, Heard][] = []
    for (const [name, token] of tokens) devices.push([name, await listenTo(app.baseUrl, { token })])
    await end(holder)
    const states: Partial<Record<Credential, boolean>> = {}
    for (const [name, token] of tokens) states[name] = await opens(token)
    const isOver = ([name, { socket, others }]: [Credential, Heard]) =>
      !ended.includes(name) || (others.includes('session:ended') && socket.disconnected)
    await expect.poll(() => devices.every(isOver), { interval: 10, timeout: 3_000 }).toBe(true)
    for (const [name, { socket }] of devices) expect([name, socket.connected]).toEqual([name, !ended.includes(name)])
    states['sign-in that waits for its code'] = await isTaken(holder)
    states['link that confirms the address'] = await confirms(holder)
    states['reset link'] =
      (await post('/reset-password', { token: holder.resetToken, newPassword: 'a third horse battery' })).status === 200
    const expected = Object.fromEntries(credentials.map((name) => [name, !ended.includes(name)]))
    expect(states).toEqual(expected)
    for (const [, { socket }] of devices) socket.disconnect()
  })

  /** As a bearer, and sessions as a cookie, too. */
  async function opens(token: string): Promise<boolean> {
    const statuses = [(await requests.send({ path: '/api/tasks', headers: jsonAs(token) })).status]
    if (!token.startsWith('tw_')) {
      const cookie = `better-auth.session_token=${encodeURIComponent(token)}`
      statuses.push((await requests.send({ path: '/api/tasks', headers: { cookie } })).status)
    }
    expect(new Set(statuses).size).toBe(1)
    expect(statuses[0]).toBeOneOf([200, 401])
    return statuses[0] === 200
  }

  async function isTaken({ challenge, secret }: Holder): Promise<boolean> {
    const reply = await post('/two-factor/verify-totp', { code: codeOf(secret) }, { cookie: challenge })
    expect(reply.status).toBeOneOf([200, 401])
    return reply.status === 200
  }

  async function confirms({ id, confirmationLink }: Holder): Promise<boolean> {
    await app.db.updateTable('users').set({ email_verified: false }).where('id', '=', id).execute()
    await requests.send({ path: confirmationLink.slice(app.baseUrl.length) })
    const user = app.db.selectFrom('users').select('email_verified').where('id', '=', id)
    return Boolean((await user.executeTakeFirst())?.email_verified)
  }
})
