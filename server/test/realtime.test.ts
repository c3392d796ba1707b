import type { ServerEvents, SocketAuth } from '@taskwell/api'
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { answerOf, expectSoon, type Heard, listenTo, openSocket } from './listen.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('real time on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'on', LIMIT_WRITES: '100000', LIMIT_REGISTRATIONS: '1000' })
  })
  afterAll(() => app.stop())

  function open(auth: SocketAuth, headers: Record<string, string> = {}): Socket<ServerEvents> {
    return openSocket(app.baseUrl, auth, headers)
  }

  function listen(user: TestUser, auth: SocketAuth = {}): Promise<Heard> {
    return listenTo(app.baseUrl, { token: user.token, ...auth })
  }

  test('brings every change to every device of the user, in order, and to nobody else', async () => {
    const [ada, bob] = [await app.createUser('Ada'), await app.createUser('Bob')]
    const [phone, laptop, stranger] = [await listen(ada), await listen(ada), await listen(bob)]
    for (let number = 1; number <= 20; number++) await ada.client.createTask({ body: { title: `Task ${number}` } })
    for (const device of [phone, laptop]) {
      await expectSoon(() => device.changes.at(-1)?.to === 20)
      let at = 0
      for (const { from, to, changes } of device.changes) {
        expect(from).toBe(at)
        expect(changes.map(({ task }) => task.revision)).toEqual(
          Array.from({ length: to - from }, (_, i) => from + i + 1),
        )
        at = to
      }
    }
    expect(stranger.changes).toEqual([])
    for (const { socket } of [phone, laptop, stranger]) socket.disconnect()
  })

  test('keeps the chain unbroken under hundreds of writes at once', async () => {
    const user = await app.createUser()
    const device = await listen(user)
    const lane = async (): Promise<void> => {
      for (let n = 0; n < 20; n++) await user.client.createTask({ body: { title: `Task ${n}` } })
    }
    await Promise.all(Array.from({ length: 25 }, lane))
    await expectSoon(() => device.changes.at(-1)?.to === 500, 10_000)
    expect(device.changes[0]?.from).toBe(0)
    for (const [index, { from }] of device.changes.entries()) {
      expect(from).toBe(index === 0 ? 0 : device.changes[index - 1]?.to)
    }
    const revisions = device.changes.flatMap(({ changes }) => changes.map(({ task }) => task.revision))
    expect(revisions).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
    for (const { from, to, changes } of device.changes) {
      expect(changes.length).toBeLessThanOrEqual(100)
      expect([changes[0]?.task.revision, changes.at(-1)?.task.revision]).toEqual([from + 1, to])
    }
    device.socket.disconnect()
  })

  test('replays what was missed, deletions included, before what comes next', async () => {
    const user = await app.createUser()
    const { body } = await user.client.createTask({ body: { title: 'Before' } })
    const first = await listen(user)
    first.socket.disconnect()
    await user.client.createTask({ body: { title: 'Missed' } })
    await user.client.deleteTask({ params: { id: body.id } })
    const again = await listen(user, { since: 1, epoch: first.ready.epoch })
    expect(again.ready).toEqual({ revision: 3, epoch: first.ready.epoch })
    await expectSoon(() => again.changes.length === 1)
    expect(again.changes[0]).toMatchObject({ from: 1, to: 3 })
    expect(again.changes[0]?.changes.map(({ task }) => [task.title, task.deletedAt === null])).toEqual([
      ['Missed', true],
      ['Before', false],
    ])
    again.socket.disconnect()
  })

  test('asks a client of another epoch, or ahead of the server, to start over', async () => {
    const user = await app.createUser()
    for (const auth of [{ since: 5 }, { since: 0, epoch: 'another' }]) {
      const device = await listen(user, auth)
      await expectSoon(() => device.others.includes('resync'))
      device.socket.disconnect()
    }
  })

  test('lets in who may read, and says why others may not', async () => {
    const user = await app.createUser()
    const cookie = `better-auth.session_token=${encodeURIComponent(user.token)}`
    expect(await answerOf(open({ token: 'nonsense' }))).toEqual({ code: 'unauthenticated' })
    expect(await answerOf(open({}))).toEqual({ code: 'unauthenticated' })
    expect(await answerOf(open({}, { cookie }))).toBe('ready')
    expect(await answerOf(open({}, { cookie, origin: 'https://evil.example' }))).toEqual({ code: 'origin_not_allowed' })
  })

  test('refuses pages of other sites, a good token or not, and a bad token beside a good cookie', async () => {
    const user = await app.createUser()
    const cookie = `better-auth.session_token=${encodeURIComponent(user.token)}`
    for (const token of [user.token, 'nonsense']) {
      const foreign = open({ token }, { origin: 'https://evil.example' })
      expect(await answerOf(foreign), token).toEqual({ code: 'origin_not_allowed' })
    }
    for (const token of ['', 'nonsense', `${user.token}x`])
      expect(await answerOf(open({ token }, { cookie })), token).toEqual({ code: 'unauthenticated' })
  })

  test('tells a client whose place can be none, instead of leaving out what it missed', async () => {
    const { token } = await app.createUser()
    const wrong = [
      { since: -1 },
      { since: 1.5 },
      { since: '5' },
      { since: true },
      { since: {} },
      { since: 0, epoch: 7 },
    ]
    for (const place of wrong) {
      const answer = await answerOf(open({ token, ...place } as SocketAuth))
      expect({ place, answer }).toEqual({ place, answer: { code: 'validation_failed' } })
    }
    for (const place of [{ since: null }, { since: null, epoch: null }])
      expect(await answerOf(open({ token, ...place } as unknown as SocketAuth))).toBe('ready')
  })

  test('asks a client to start over that missed too much, or tombstones that are gone', async () => {
    const user = await app.createUser()
    const create = { op: 'create', task: { title: 'a' } } as const
    for (let batch = 0; batch < 10; batch++) {
      await user.client.batchTasks({ body: { operations: Array.from({ length: 100 }, () => create) } })
    }
    const whole = await listen(user, { since: 0 })
    await expectSoon(() => whole.changes.at(-1)?.to === 1_000)
    expect(whole.changes.map(({ changes }) => changes.length)).toEqual(Array.from({ length: 10 }, () => 100))
    await user.client.createTask({ body: { title: 'b' } })
    const late = await listen(user, { since: 0 })
    await expectSoon(() => late.others.includes('resync'))
    await app.db.updateTable('spaces').set({ floor: 900 }).where('owner_id', '=', user.id).execute()
    const old = await listen(user, { since: 899 })
    await expectSoon(() => old.others.includes('resync'))
    const fresh = await listen(user, { since: 900 })
    await expectSoon(() => fresh.changes.at(-1)?.to === 1_001)
    expect([late.changes, old.changes, fresh.others]).toEqual([[], [], []])
    await user.client.createTask({ body: { title: 'c' } })
    await expectSoon(() => late.changes.length === 1)
    expect(late.changes).toMatchObject([{ from: 1_001, to: 1_002 }])
    for (const { socket } of [whole, late, old, fresh]) socket.disconnect()
  })

  test('replays a full copy to a client that has nothing, though tombstones are gone', async () => {
    const user = await app.createUser()
    await user.client.createTask({ body: { title: 'a' } })
    await app.db.updateTable('spaces').set({ floor: 1 }).where('owner_id', '=', user.id).execute()
    const device = await listen(user, { since: 0 })
    await expectSoon(() => device.changes.at(-1)?.to === 1)
    expect(device.others).toEqual([])
    device.socket.disconnect()
  })

  test('allows twenty connections a user, of those that come at once, too', async () => {
    const [user, other] = [await app.createUser(), await app.createUser()]
    const sockets = Array.from({ length: 25 }, () => open({ token: user.token }))
    const answers = await Promise.all(sockets.map(answerOf))
    expect(answers.filter((answer) => answer === 'ready')).toHaveLength(20)
    const oneMore = open({ token: user.token })
    expect(await answerOf(oneMore)).toEqual({ code: 'rate_limited' })
    const theirs = open({ token: other.token })
    expect(await answerOf(theirs)).toBe('ready')
    sockets.find(({ connected }) => connected)?.disconnect()
    await expectSoon(() => sockets.filter(({ connected }) => connected).length === 19)
    const instead = open({ token: user.token })
    expect(await answerOf(instead)).toBe('ready')
    for (const socket of [...sockets, theirs, oneMore, instead]) socket.disconnect()
  })

  test('ends a client that talks too much, and lets one be that says little', async () => {
    const user = await app.createUser()
    const [quiet, loud] = [await listen(user), await listen(user)]
    const say = ({ socket }: Heard, times: number): void => {
      for (let n = 0; n < times; n++) Reflect.apply(socket.emit, socket, ['hello', n])
    }
    say(quiet, 15)
    say(loud, 30)
    await expectSoon(() => loud.socket.disconnected)
    expect(quiet.socket.connected).toBe(true)
    quiet.socket.disconnect()
  })

  test('tells of what another process has written', async () => {
    const user = await app.createUser()
    const device = await listen(user)
    await user.client.createTask({ body: { title: 'Here' } })
    await expectSoon(() => device.changes.length === 1)
    await app.db.transaction().execute(async (db) => {
      const space = await db
        .updateTable('spaces')
        .set((eb) => ({ revision: eb('revision', '+', 1) }))
        .where('owner_id', '=', user.id)
        .returning(['id', 'revision'])
        .executeTakeFirstOrThrow()
      await db
        .updateTable('tasks')
        .set({ title: 'There', revision: space.revision })
        .where('space_id', '=', space.id)
        .execute()
    })
    await expectSoon(() => device.changes.at(-1)?.changes[0]?.task.title === 'There', 1_500)
    device.socket.disconnect()
  })
})
