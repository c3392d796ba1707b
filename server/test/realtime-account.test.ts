import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { expectSoon, listenTo, openSocket } from './listen.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('the account in real time on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  function listen({ token }: { token: string }) {
    return listenTo(app.baseUrl, { token })
  }

  async function native(token: string, path: string, body: object): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const reply = await fetch(`${app.baseUrl}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect([path, reply.status]).toEqual([path, 200])
  }

  const inOneSecond = 1_000

  test('a change of the account reaches all devices of the user and nobody else, whoever made it', async () => {
    const [ada, bob] = [await app.createUser('Ada'), await app.createUser('Bob')]
    const [phone, laptop, stranger] = [await listen(ada), await listen(ada), await listen(bob)]
    const email = `${randomBytes(6).toString('hex')}@x.org`
    const columns = { email, email_verified: true, two_factor_enabled: true }
    const changes: [object, () => Promise<unknown>][] = [
      [{ name: 'Augusta' }, () => ada.client.updateAccount({ body: { name: 'Augusta' } })],
      [{ timeZone: 'Europe/Berlin' }, () => ada.client.updateAccount({ body: { timeZone: 'Europe/Berlin' } })],
      [{ name: 'Ada K.' }, () => native(ada.token, '/update-user', { name: 'Ada K.' })],
      [
        { email, emailVerified: true, twoFactorEnabled: true },
        () => app.db.updateTable('users').set(columns).where('id', '=', ada.id).execute(),
      ],
    ]
    for (const [index, [expected, change]] of changes.entries()) {
      await change()
      for (const device of [phone, laptop]) {
        await expectSoon(() => device.users.length === index + 1, inOneSecond)
        expect(device.users.at(-1)).toMatchObject(expected)
      }
    }
    // What changes nothing tells nothing.
    await ada.client.updateAccount({ body: { name: 'Ada K.' } })
    const { body: last } = await ada.client.updateAccount({ body: { name: 'Ada L.' } })
    await expectSoon(() => phone.users.length > changes.length, inOneSecond)
    expect(phone.users.slice(changes.length)).toEqual([last])
    expect(stranger.users).toEqual([])
    for (const { socket } of [phone, laptop, stranger]) socket.disconnect()
  })

  const endings: [string, (user: TestUser, other: string) => Promise<unknown>][] = [
    ['a logout', (user) => user.client.logout()],
    [
      'a change of the password elsewhere',
      (_, other) =>
        native(other, '/change-password', { currentPassword: password, newPassword: 'another horse battery' }),
    ],
    ['the revocation of all other sessions', (_, other) => native(other, '/revoke-other-sessions', {})],
    [
      'a session row that another process removes',
      ({ token }) => app.db.deleteFrom('sessions').where('token', '=', tokenOf(token)).execute(),
    ],
    ['an account that another process removes', ({ id }) => app.db.deleteFrom('users').where('id', '=', id).execute()],
  ]

  test.each(endings)('%s ends its connections within a second, and REST on the next request', async (_, end) => {
    const user = await app.createUser()
    const other = (await app.createSession(user)).token
    const [first, second] = [await listen(user), await listen(user)]
    await end(user, other)
    const ended = Date.now()
    await expect(user.client.getAccount()).rejects.toMatchObject({ problem: { status: 401 } })
    for (const { socket, others } of [first, second]) {
      await expectSoon(() => others.includes('session:ended') && socket.disconnected, inOneSecond)
    }
    expect(Date.now() - ended).toBeLessThan(inOneSecond + 200)
  })

  test.each(endings)('%s ends a connection that is just being made', async (_, end) => {
    const endWhile = async (delay: number): Promise<void> => {
      const user = await app.createUser()
      const other = (await app.createSession(user)).token
      const sockets = Array.from({ length: 5 }, () => openSocket(app.baseUrl, { token: user.token }))
      const states = sockets.map((socket) => {
        const state = { isOver: false }
        for (const event of ['connect_error', 'disconnect'] as const) socket.on(event, () => void (state.isOver = true))
        return state
      })
      await new Promise((resolve) => setTimeout(resolve, delay))
      await end(user, other)
      await expectSoon(() => states.every(({ isOver }) => isOver), inOneSecond)
    }
    await Promise.all([0, 1, 2, 4, 8, 16].map(endWhile))
  })

  test('a session whose time runs out takes its connections with it', async () => {
    const user = await app.createUser()
    const device = await listen(user)
    // Until the server has seen that nothing has changed since.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    app.setNow(new Date(Date.now() + 8 * 86_400_000))
    await expectSoon(() => device.others.includes('session:ended') && device.socket.disconnected, inOneSecond)
    app.setNow(undefined)
  })
})

/** The token itself, without its signature. */
function tokenOf(signed: string): string {
  return decodeURIComponent(signed).split('.')[0] ?? ''
}
