import { createAuthClient } from 'better-auth/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { password, startApp, type TestApp } from './start-app.ts'

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('accounts from a client on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off' })
  })
  afterAll(() => app.stop())

  test("Better Auth's own client signs up, reads its session, signs out and signs in, unchanged", async () => {
    const { browse, cookies } = createBrowser()
    const client = createAuthClient({ baseURL: app.baseUrl, fetchOptions: { customFetchImpl: browse } })
    const account = { name: 'Ada', email: 'ada@example.com', password }

    const signedUp = await client.signUp.email(account)
    expect(signedUp.error).toBeNull()
    expect(signedUp.data?.user).toMatchObject({ name: 'Ada', email: 'ada@example.com' })
    const first = await client.getSession()
    expect(first.data?.user).toMatchObject({ id: signedUp.data?.user.id, email: 'ada@example.com' })
    expect((await browse(`${app.baseUrl}/api/tasks`)).status).toBe(200)

    expect((await client.signOut()).data).toEqual({ success: true })
    expect(cookies.size).toBe(0)
    expect((await client.getSession()).data).toBeNull()

    const wrong = await client.signIn.email({ ...account, password: 'wrong password' })
    expect(wrong.data).toBeNull()
    expect(wrong.error).toMatchObject({ status: 401 })
    const signedIn = await client.signIn.email(account)
    expect(signedIn.error).toBeNull()
    expect(signedIn.data?.user.id).toBe(signedUp.data?.user.id)
    const second = await client.getSession()
    expect(second.data?.session.id).not.toBe(first.data?.session.id)
    expect((await client.updateUser({ name: 'Ada Lovelace' })).error).toBeNull()
    expect((await client.getSession()).data?.user.name).toBe('Ada Lovelace')
  })

  test("a session of Better Auth's own client is one of the short routes, and the other way round", async () => {
    const { browse } = createBrowser()
    const client = createAuthClient({ baseURL: app.baseUrl, fetchOptions: { customFetchImpl: browse } })
    await client.signUp.email({ name: 'Ada', email: 'both@example.com', password })
    const native = await client.getSession()
    const short = await read(await browse(`${app.baseUrl}/api/auth/session`))
    expect(short).toMatchObject({ user: { id: native.data?.user.id }, session: { id: native.data?.session.id } })
    await browse(`${app.baseUrl}/api/auth/login`, postOf({ email: 'both@example.com', password }))
    expect((await client.getSession()).data?.user.id).toBe(native.data?.user.id)
    await browse(`${app.baseUrl}/api/auth/logout`, { method: 'POST' })
    expect((await client.getSession()).data).toBeNull()
  })

  test('the short routes register, tell who is signed in, sign out and sign in, by the cookie alone', async () => {
    const { browse, cookies } = createBrowser()
    const call = (path: string, init?: RequestInit) => browse(`${app.baseUrl}/api/auth${path}`, init)
    const email = 'grace@example.com'

    const registered = await call('/register', postOf({ name: 'Grace', email, password, timeZone: 'Europe/Berlin' }))
    expect(registered.status).toBe(201)
    const account = await read(registered)
    expect(account).toMatchObject({ user: { name: 'Grace', email, timeZone: 'Europe/Berlin' } })
    expect(cookies.size).toBeGreaterThan(0)
    expect(registered.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Lax/)
    expect(registered.headers.get('set-cookie')).not.toContain('Secure')

    const session = await call('/session')
    expect(session.status).toBe(200)
    expect(await read(session)).toEqual(account)

    const out = await call('/logout', { method: 'POST' })
    expect(out.status).toBe(204)
    expect(out.headers.get('clear-site-data')).toBe('"cache"')
    expect(cookies.size).toBe(0)
    expect((await call('/session')).status).toBe(401)
    expect((await call('/logout', { method: 'POST' })).status).toBe(204)

    const wrong = await call('/login', postOf({ email, password: 'wrong password' }))
    expect(wrong.status).toBe(401)
    expect(await read(wrong)).toMatchObject({ code: 'invalid_credentials' })
    const loggedIn = await call('/login', postOf({ email: 'GRACE@example.com', password }))
    expect(loggedIn.status).toBe(200)
    expect(await read(loggedIn)).toMatchObject({ user: { email } })
    expect((await call('/session')).status).toBe(200)
    expect((await browse(`${app.baseUrl}/api/tasks`, postOf({ title: 'Read' }))).status).toBe(201)
  })

  test('the header set-auth-token works as a bearer token, encoded or not, and no body tells it', async () => {
    const { browse } = createBrowser()
    const reply = await browse(
      `${app.baseUrl}/api/auth/register`,
      postOf({ name: 'Eve', email: 'eve@example.com', password }),
    )
    const token = reply.headers.get('set-auth-token') ?? ''
    expect(token).not.toBe('')
    const plain = decodeURIComponent(token)
    expect(await reply.text()).not.toContain(plain.split('.')[0])
    for (const bearer of [token, plain, encodeURIComponent(plain)]) {
      const session = await fetch(`${app.baseUrl}/api/auth/session`, { headers: { authorization: `Bearer ${bearer}` } })
      expect(session.status).toBe(200)
    }
  })
})

function postOf(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function read(response: Response): Promise<unknown> {
  return response.json()
}

/** A `fetch` that keeps cookies as browsers do; Node's has no jar. */
function createBrowser() {
  const cookies = new Map<string, string>()
  const browse: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(input, { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return { browse, cookies }
}
