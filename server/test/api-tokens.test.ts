import { randomUUID } from 'node:crypto'
import { type Client, createClient, type Scope, type ServerEvents, TaskwellError } from '@taskwell/api'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const soon = { timeout: 5_000, interval: 20 }

describe.each(databases)('API tokens on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  async function make(user: TestUser, scopes: Scope[], expiresAt: string | null = null) {
    const { body } = await user.client.createToken({ body: { name: 'Robot', scopes, expiresAt } })
    return body
  }

  function clientOf(token: string): Client {
    return createClient({ baseUrl: app.baseUrl, token: () => token })
  }

  async function codeOf(call: Promise<unknown>): Promise<unknown> {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return error instanceof TaskwellError ? error.problem.code : error
  }

  function listen(token: string): { socket: Socket<ServerEvents>; heard: string[] } {
    const socket: Socket<ServerEvents> = io(app.baseUrl, {
      transports: ['websocket'],
      auth: { token },
      forceNew: true,
      reconnection: false,
    })
    const heard: string[] = []
    socket.onAny((event: string) => void heard.push(event))
    socket.on('connect_error', (error) => void heard.push('data' in error ? JSON.stringify(error.data) : error.message))
    socket.on('disconnect', () => void heard.push('disconnect'))
    return { socket, heard }
  }

  test('are shown once, and kept as a digest only', async () => {
    const user = await app.createUser()
    const { token, ...item } = await make(user, ['tasks:write', 'tasks:read'], '2096-01-01T00:00:00+01:00')
    expect(token).toMatch(/^tw_[0-9a-f]{64}$/)
    expect(item).toEqual({
      id: expect.any(String),
      name: 'Robot',
      scopes: ['tasks:write', 'tasks:read'],
      createdAt: expect.any(String),
      lastUsedAt: null,
      expiresAt: '2095-12-31T23:00:00.000Z',
    })
    const { body } = await user.client.listTokens()
    expect(body.items).toEqual([item])
    const rows = await app.db.selectFrom('api_tokens').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token.slice(3, 20))
    expect(JSON.stringify(app.log)).not.toContain(token.slice(3, 20))
  })

  test('must have a name, scopes that there are, each once, and end in the future', async () => {
    const { client } = await app.createUser()
    const tries = [
      { name: ' ', scopes: ['tasks:read'] },
      { name: 'x'.repeat(101), scopes: ['tasks:read'] },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['tasks:read', 'tasks:read'] },
      { name: 'x', scopes: ['admin'] },
      { name: 'x', scopes: ['tasks:read'], expiresAt: '2020-01-01T00:00:00Z' },
    ]
    for (const body of tries) {
      const call = client.createToken({ body: body as Parameters<Client['createToken']>[0]['body'] })
      expect(await codeOf(call), JSON.stringify(body)).toBe('validation_failed')
    }
    expect((await client.listTokens()).body.items).toEqual([])
  })

  test('act for their user, and history keeps their name', async () => {
    const user = await app.createUser()
    const { token, id } = await make(user, ['tasks:read', 'tasks:write', 'account:read'])
    const robot = clientOf(token)
    expect((await robot.getAccount()).body.id).toBe(user.id)
    const { body: task } = await robot.createTask({ body: { title: 'By a robot' } })
    await user.client.deleteToken({ params: { id } })
    const { body } = await user.client.listTaskHistory({ params: { id: task.id } })
    expect(body.items.map(({ by }) => by)).toEqual([{ kind: 'token', name: 'Robot' }])
  })

  test('are refused at the next request after they are deleted or have expired', async () => {
    const user = await app.createUser()
    const deleted = await make(user, ['tasks:read'])
    await clientOf(deleted.token).listTasks()
    await user.client.deleteToken({ params: { id: deleted.id } })
    expect(await codeOf(clientOf(deleted.token).listTasks())).toBe('unauthenticated')
    const brief = await make(user, ['tasks:read'], new Date(Date.now() + 3_600_000).toISOString())
    await clientOf(brief.token).listTasks()
    app.setNow(new Date(Date.now() + 3_600_001))
    expect(await codeOf(clientOf(brief.token).listTasks())).toBe('unauthenticated')
    app.setNow(undefined)
  })

  test('decide alone: a bad one beside a good cookie is refused', async () => {
    const user = await app.createUser()
    const { token } = await make(user, ['tasks:read'])
    const cookie = `better-auth.session_token=${encodeURIComponent(user.token)}`
    const ask = (authorization: string) => fetch(`${app.baseUrl}/api/tasks`, { headers: { cookie, authorization } })
    expect((await ask(`Bearer ${token}`)).status).toBe(200)
    for (const bad of [`${token}0`, token.slice(0, -1), token.toUpperCase(), 'tw_', 'tw_0']) {
      expect((await ask(`Bearer ${bad}`)).status, bad).toBe(401)
    }
    const native = await fetch(`${app.baseUrl}/api/auth/get-session`, {
      headers: { cookie, authorization: `Bearer ${token}` },
    })
    expect(await native.json()).toBeNull()
  })

  test('are at most a hundred, however many are asked for at once', async () => {
    const user = await app.createUser()
    const rest = { name: 'Robot', scopes: 'tasks:read', created_at: new Date().toISOString() }
    const there = Array.from({ length: 92 }, () => ({
      id: randomUUID(),
      user_id: user.id,
      hash: randomUUID(),
      ...rest,
    }))
    const unused = { last_used_at: null, expires_at: null }
    await app.db
      .insertInto('api_tokens')
      .values(there.map((token) => ({ ...token, ...unused })))
      .execute()
    const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(make(user, ['tasks:read']))))
    expect(codes.filter((code) => code === 'quota_exceeded')).toHaveLength(4)
    expect((await user.client.listTokens()).body.items).toHaveLength(100)
  })

  test('tell when they were last used', async () => {
    const user = await app.createUser()
    const { token } = await make(user, ['tasks:read'])
    const before = new Date().toISOString()
    await clientOf(token).listTasks()
    await vi.waitFor(async () => {
      const [item] = (await user.client.listTokens()).body.items
      expect(item?.lastUsedAt && item.lastUsedAt >= before).toBe(true)
    }, soon)
  })

  test('hear of changes with `tasks:read`, until they are deleted', async () => {
    const user = await app.createUser()
    const reader = await make(user, ['tasks:read'])
    const writer = await make(user, ['tasks:write', 'account:read'])
    const { socket, heard } = listen(reader.token)
    const deaf = listen(writer.token)
    await vi.waitFor(() => expect(heard).toEqual(['ready']), soon)
    await vi.waitFor(() => expect(deaf.heard).toEqual(['{"code":"unauthenticated"}']), soon)
    await user.client.createTask({ body: { title: 'News' } })
    await vi.waitFor(() => expect(heard).toEqual(['ready', 'changes']), soon)
    await user.client.deleteToken({ params: { id: reader.id } })
    const ended = ['ready', 'changes', 'session:ended', 'disconnect']
    await vi.waitFor(() => expect(heard).toEqual(ended), { timeout: 1_500, interval: 20 })
    socket.disconnect()
  })

  test('end their connections when they expire', async () => {
    const user = await app.createUser()
    const { token } = await make(user, ['tasks:read'], new Date(Date.now() + 1_200).toISOString())
    const { heard } = listen(token)
    await vi.waitFor(() => expect(heard).toContain('ready'), soon)
    await vi.waitFor(() => expect(heard).toEqual(['ready', 'session:ended', 'disconnect']), soon)
  })
})
