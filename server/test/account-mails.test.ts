import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { password, startApp, type TestApp } from './start-app.ts'

const newPassword = 'another fine battery'

describe.each(databases)('the mails of an account on %s', (database) => {
  let app: TestApp
  let server: MailServer
  const secrets: string[] = [password, newPassword]
  beforeAll(async () => {
    server = await startMailServer()
    const settings = { SMTP_URL: server.url, MAIL_FROM: 'tasks@example.org', LIMITS: 'off', LOG_LEVEL: 'trace' }
    app = await startApp(database, settings)
  })
  afterAll(async () => {
    await app.stop()
    await server.stop()
  })

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${app.baseUrl}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  /** Opens a link as a browser does, redirects included. */
  async function open(link: string): Promise<{ status: number; text: string }> {
    expect(link.startsWith(`${app.baseUrl}/`)).toBe(true)
    secrets.push(link, new URL(link).searchParams.get('token') ?? '')
    const response = await fetch(link)
    expect(response.headers.get('set-cookie')).toBeNull()
    return { status: response.status, text: await response.text() }
  }

  /** Sends the form of a page with what its hidden fields hold, without any script. */
  async function submit(page: { text: string }, fields: Record<string, string> = {}) {
    const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? 'no form'
    const [, token = 'no token'] = /name="token" value="([^"]+)"/.exec(page.text) ?? []
    const response = await fetch(app.baseUrl + action, {
      method: 'POST',
      headers: { origin: app.baseUrl, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ token, ...fields }),
    })
    return { status: response.status, text: await response.text() }
  }

  const login = (email: string, secret = password) => post('/login', { email, password: secret })

  async function signIn(email: string, secret = password): Promise<Record<string, string>> {
    const response = await login(email, secret)
    expect(response.status).toBe(200)
    const token = response.headers.get('set-auth-token') ?? ''
    secrets.push(token, response.headers.get('set-cookie')?.split(';')[0] ?? '')
    return { authorization: `Bearer ${token}` }
  }

  const account = async (headers: Record<string, string>) => {
    const response = await fetch(`${app.baseUrl}/api/account`, { headers })
    return { status: response.status, ...(await response.json()) }
  }

  /** Somebody new, whose address is confirmed. */
  async function createUser(): Promise<string> {
    const email = `${crypto.randomUUID()}@example.com`
    expect((await post('/register', { name: 'Ada', email, password })).status).toBe(201)
    await open((await server.next(email)).link)
    return email
  }

  async function askForReset(email: string): Promise<string> {
    expect((await post('/request-password-reset', { email })).status).toBe(200)
    return (await server.next(email, /Reset/)).link
  }

  describe('that confirm an address', () => {
    test('let nobody in before, with the right password only, and any number of times', async () => {
      const email = `${crypto.randomUUID()}@example.com`
      const registered = await post('/register', { name: 'Ada', email, password })
      expect(await registered.json()).toMatchObject({ user: { emailVerified: false }, session: null })
      const { link } = await server.next(email, /Confirm/)
      expect((await login(email, 'wrong password')).status).toBe(401)
      const early = await login(email)
      expect({ status: early.status, ...(await early.json()) }).toMatchObject({
        status: 403,
        code: 'email_not_verified',
      })
      for (let click = 0; click < 3; click += 1) {
        expect(await open(link)).toMatchObject({
          status: 200,
          text: expect.stringContaining('Your address is confirmed'),
        })
      }
      const late = await login(email)
      expect(await late.json()).toMatchObject({ user: { emailVerified: true } })
    })

    test('can be asked for again, and say so when their link does not work', async () => {
      const email = `${crypto.randomUUID()}@example.com`
      await post('/register', { name: 'Ada', email, password })
      await server.next(email)
      expect((await post('/send-verification-email', { email })).status).toBe(200)
      const { link } = await server.next(email)
      const broken = await open(link.replace('token=', 'token=x'))
      expect(broken).toMatchObject({ status: 400, text: expect.stringContaining('does not work any more') })
      expect((await login(email)).status).toBe(403)
      expect((await open(link)).status).toBe(200)
    })

    test('lead to BASE_URL, whatever host the request names, and hold no name', async () => {
      const email = `${crypto.randomUUID()}@example.com`
      const name = '<a href="https://evil.example">Click</a>'
      await post('/register', { name, email, password }, { 'x-forwarded-host': 'evil.example' })
      const { link, text, html } = await server.next(email)
      expect(link.startsWith(`${app.baseUrl}/api/auth/verify-email?`)).toBe(true)
      expect(text + html).not.toContain('evil')
    })
  })

  describe('that reset a password', () => {
    test('lead to a form without a script, which sets it, ends all sessions and tells the owner', async () => {
      const email = await createUser()
      const session = await signIn(email)
      const page = await open(await askForReset(email))
      expect(page.text).not.toContain('<script')
      expect(await submit(page, { newPassword: 'short' })).toMatchObject({
        status: 422,
        text: expect.stringContaining('Use at least 8 characters.'),
      })
      expect(await submit(page, { newPassword })).toMatchObject({ status: 200 })
      await server.next(email, /password was changed/)
      expect((await account(session)).status).toBe(401)
      expect((await login(email)).status).toBe(401)
      await signIn(email, newPassword)
      expect(await submit(page, { newPassword: password })).toMatchObject({ status: 400 })
      await signIn(email, newPassword)
    })

    test('work once, also when they are used twenty times at once', async () => {
      const email = await createUser()
      const token = new URL(await askForReset(email)).searchParams.get('token')
      const passwords = Array.from({ length: 20 }, (_, index) => `${newPassword} ${index}`)
      const replies = await Promise.all(passwords.map((text) => post('/reset-password', { token, newPassword: text })))
      expect(replies.filter(({ ok }) => ok)).toHaveLength(1)
      await server.next(email, /password was changed/)
      const winner = passwords[replies.findIndex(({ ok }) => ok)]
      await signIn(email, winner)
    })

    test('die when a newer one is asked for, also of several asked for at once', async () => {
      const email = await createUser()
      const first = await open(await askForReset(email))
      await Promise.all([1, 2, 3].map(() => post('/request-password-reset', { email })))
      const pages = [first]
      for (let index = 0; index < 3; index += 1) pages.push(await open((await server.next(email, /Reset/)).link))
      const changed = []
      for (const page of pages) changed.push((await submit(page, { newPassword })).status)
      expect(changed.filter((status) => status === 200)).toHaveLength(1)
      expect(changed[0]).toBe(400)
    })

    test('die after ten minutes, and are hashed in the store', async () => {
      const email = await createUser()
      const page = await open(await askForReset(email))
      const [, token = ''] = /value="([^"]+)"/.exec(page.text) ?? []
      const rows = await app.db.selectFrom('verifications').selectAll().execute()
      const row =
        rows.find(
          ({ created_at }) =>
            created_at ===
            rows
              .map((each) => each.created_at)
              .sort()
              .at(-1),
        ) ?? rows[0]
      const life = new Date(row?.expires_at ?? 0).getTime() - new Date(row?.created_at ?? 0).getTime()
      expect(Math.round(life / 60_000)).toBe(10)
      expect(token.length).toBeGreaterThan(20)
      expect(JSON.stringify(rows)).not.toContain(token)
      const mails = await app.db.selectFrom('mails').selectAll().execute()
      expect(JSON.stringify(mails)).not.toContain(token)
      await app.db
        .updateTable('verifications')
        .set({ expires_at: new Date(Date.now() - 1).toISOString() })
        .execute()
      expect(await submit(page, { newPassword })).toMatchObject({ status: 400 })
      await signIn(email)
    })

    test('cannot be used from a page of another site', async () => {
      const email = await createUser()
      const token = new URL(await askForReset(email)).searchParams.get('token') ?? ''
      const response = await fetch(`${app.baseUrl}/reset-password`, {
        method: 'POST',
        headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        body: new URLSearchParams({ token, newPassword }),
      })
      expect(response.status).toBe(403)
      await signIn(email)
    })
  })

  describe('that tell of a changed password', () => {
    test.each([{}, { revokeOtherSessions: false }, { revokeOtherSessions: true }])(
      'come when all other sessions have ended, asked with %j',
      async (wish) => {
        const email = await createUser()
        const [own, other] = [await signIn(email), await signIn(email)]
        const reset = await askForReset(email)
        const body = { currentPassword: password, newPassword, ...wish }
        expect((await post('/change-password', { ...body, currentPassword: 'wrong password' }, own)).status).toBe(400)
        expect((await account(other)).status).toBe(200)
        const changed = await post('/change-password', body, own)
        expect(changed.status).toBe(200)
        const token = changed.headers.get('set-auth-token')
        const present = token === null ? own : { authorization: `Bearer ${token}` }
        expect((await account(present)).status).toBe(200)
        expect((await account(other)).status).toBe(401)
        await server.next(email, /password was changed/)
        expect((await login(email)).status).toBe(401)
        expect(await submit(await open(reset), { newPassword: password })).toMatchObject({ status: 400 })
      },
    )
  })

  describe('that change the address', () => {
    const newAddress = () => `new-${crypto.randomUUID()}@example.com`

    async function askForChange(email: string, newEmail: string) {
      const session = await signIn(email)
      const response = await post('/change-email', { newEmail }, session)
      expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body: { status: true } })
      const warning = await server.next(email, /about to change/)
      expect(warning.text).toContain(newEmail)
      return { session, warning }
    }

    test('let the new one confirm', async () => {
      const [email, newEmail] = [await createUser(), newAddress()]
      const { session } = await askForChange(email, newEmail)
      const reset = await open(await askForReset(email))
      expect(await account(session)).toMatchObject({ email, emailVerified: true })
      const { link } = await server.next(newEmail, /Confirm your new/)
      for (let click = 0; click < 2; click += 1) {
        expect(await open(link)).toMatchObject({ status: 200, text: expect.stringContaining('new address is in use') })
      }
      expect(await account(session)).toMatchObject({ email: newEmail, emailVerified: true })
      expect((await login(email)).status).toBe(401)
      await signIn(newEmail)
      expect(await submit(reset, { newPassword })).toMatchObject({ status: 400 })
    })

    test('let the old one refuse before, with a press of a button', async () => {
      const [email, newEmail] = [await createUser(), newAddress()]
      const { session, warning } = await askForChange(email, newEmail)
      const page = await open(warning.link)
      expect((await account(session)).status).toBe(200)
      expect(await submit(page)).toMatchObject({ status: 200, text: expect.stringContaining('keeps its address') })
      expect((await account(session)).status).toBe(401)
      expect((await open((await server.next(newEmail)).link)).status).toBe(400)
      expect(await submit(page)).toMatchObject({ status: 400 })
      expect(await account(await signIn(email))).toMatchObject({ email })
    })

    test('let the old one refuse afterwards, too, however often the address was changed since', async () => {
      const [email, second, third] = [await createUser(), newAddress(), newAddress()]
      const { warning } = await askForChange(email, second)
      await open((await server.next(second)).link)
      await askForChange(second, third)
      await open((await server.next(third)).link)
      const session = await signIn(third)
      expect(await submit(await open(warning.link))).toMatchObject({ status: 200 })
      expect((await account(session)).status).toBe(401)
      expect(await account(await signIn(email))).toMatchObject({ email, emailVerified: true })
    })

    test('do not tell whether an address is taken, but tell its owner', async () => {
      const [email, taken] = [await createUser(), await createUser()]
      await askForChange(email, taken)
      expect((await server.next(taken, /asked for/)).text).not.toContain('token')
    })

    test('come too late for an address that was taken in between', async () => {
      const [email, newEmail] = [await createUser(), newAddress()]
      await askForChange(email, newEmail)
      const { link } = await server.next(newEmail)
      await post('/register', { name: 'Eve', email: newEmail, password })
      expect(await open(link)).toMatchObject({ status: 400, text: expect.stringContaining('This address is taken') })
      await signIn(email)
    })

    test('are not written to an address that is too long', async () => {
      const email = await createUser()
      const newEmail = `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.example`
      const before = await app.db.selectFrom('mails').select('id').execute()
      expect((await post('/change-email', { newEmail }, await signIn(email))).status).toBe(422)
      expect(await app.db.selectFrom('mails').select('id').execute()).toHaveLength(before.length)
    })
  })

  test('no line of the log holds a password, a cookie, a token or a link', () => {
    const text = JSON.stringify(app.log)
    expect(secrets.length).toBeGreaterThan(50)
    expect(app.log.length).toBeGreaterThan(100)
    for (const secret of new Set(secrets.filter((each) => each !== ''))) {
      expect(text.includes(secret), `the log has ${secret}`).toBe(false)
    }
  })
})
