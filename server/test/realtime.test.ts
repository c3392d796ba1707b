import type { Change, ServerEvents, SocketAuth } from '@taskwell/api'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

interface Heard {
  readonly socket: Socket<ServerEvents>
  readonly ready: { revision: number; epoch: string }
  readonly changes: { from: number; to: number; changes: Change[] }[]
  readonly others: string[]
}

describe.each(databases)('real time on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'on', LIMIT_WRITES: '100000', LIMIT_REGISTRATIONS: '1000' })
  })
  afterAll(() => app.stop())

  function open(auth: SocketAuth, headers: Record<string, string> = {}): Socket<ServerEvents> {
    return io(app.baseUrl, {
      transports: ['websocket'],
      auth: { ...auth },
      extraHeaders: headers,
      forceNew: true,
      reconnection: false,
    })
  }

  async function listen(user: TestUser, auth: SocketAuth = {}): Promise<Heard> {
    const socket = open({ token: user.token, ...auth })
    const changes: Heard['changes'] = []
    const others: string[] = []
    socket.on('changes', (event) => void changes.push(event))
    socket.on('resync', () => void others.push('resync'))
    socket.on('session:ended', () => void others.push('session:ended'))
    const ready = await new Promise<Heard['ready']>((resolve, reject) => {
      socket.on('ready', resolve)
      socket.on('connect_error', reject)
    })
    return { socket, ready, changes, others }
  }

  async function expectSoon(condition: () => boolean, patience = 5_000): Promise<void> {
    const end = Date.now() + patience
    while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(condition()).toBe(true)
  }

  function codeOf(socket: Socket<ServerEvents>): Promise<unknown> {
    return new Promise((resolve) => {
      socket.on('connect_error', (error) => resolve('data' in error ? error.data : error.message))
      socket.on('ready', () => resolve('ready'))
    })
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
    await Promise.all(Array.from({ length: 300 }, (_, n) => user.client.createTask({ body: { title: `Task ${n}` } })))
    await expectSoon(() => device.changes.at(-1)?.to === 300, 10_000)
    expect(device.changes[0]?.from).toBe(0)
    for (const [index, { from }] of device.changes.entries()) {
      expect(from).toBe(index === 0 ? 0 : device.changes[index - 1]?.to)
    }
    expect(new Set(device.changes.flatMap(({ changes }) => changes.map(({ task }) => task.id))).size).toBe(300)
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
    expect(await codeOf(open({ token: 'nonsense' }))).toEqual({ code: 'unauthenticated' })
    expect(await codeOf(open({}))).toEqual({ code: 'unauthenticated' })
    expect(await codeOf(open({}, { cookie }))).toBe('ready')
    expect(await codeOf(open({}, { cookie, origin: 'https://evil.example' }))).toEqual({ code: 'origin_not_allowed' })
  })

  test('allows twenty connections a user', async () => {
    const user = await app.createUser()
    const devices = []
    for (let number = 0; number < 20; number++) devices.push(await listen(user))
    expect(await codeOf(open({ token: user.token }))).toEqual({ code: 'rate_limited' })
    for (const { socket } of devices) socket.disconnect()
  })

  test('ends within a second when the session does', async () => {
    const user = await app.createUser()
    const device = await listen(user)
    await user.client.logout()
    await expectSoon(() => device.others.includes('session:ended') && device.socket.disconnected, 1_000)
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
