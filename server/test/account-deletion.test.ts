import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createClient, type ServerEvents, TaskwellError } from '@taskwell/api'
import { sql } from 'kysely'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { deleteUser } from '../src/account/index.ts'
import { getAccount } from '../src/auth/index.ts'
import { listChanges } from '../src/changes/index.ts'
import { getStats, listActivity } from '../src/dashboard/index.ts'
import { forAccount } from '../src/http/for-account.ts'
import { listTasks } from '../src/tasks/index.ts'
import { createToken } from '../src/tokens/index.ts'
import { closeAccount } from '../src/account/queries.ts'
import { databases } from './databases.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('deleting an account on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  /** A user who has something in every table that there is. */
  async function createFullUser(secret: string): Promise<TestUser> {
    const user = await app.createUser(`Name ${secret}`)
    const { client } = user
    const { body: task } = await client.createTask({
      body: { title: `Title ${secret}`, description: `Description ${secret}` },
      idempotencyKey: `key ${secret}`,
    })
    await client.updateTask({ params: { id: task.id }, body: { title: `Other title ${secret}` } })
    await client
      .createTask({ body: { title: `Deleted ${secret}` } })
      .then(({ body }) => client.deleteTask({ params: body }))
    await client.createToken({ body: { name: `Token ${secret}`, scopes: ['tasks:read'] } })
    await fetch(`${app.baseUrl}/api/auth/request-password-reset`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: user.email }),
    })
    const now = new Date().toISOString()
    await app.db
      .insertInto('two_factors')
      .values({ id: randomUUID(), user_id: user.id, secret: `secret ${secret}`, backup_codes: secret })
      .execute()
    const mail = { subject: secret, text_body: secret, html_body: secret, created_at: now, attempts: 0 }
    const unsent = { next_attempt_at: now, sent_at: null, failed_at: null, last_error: null }
    await app.db
      .insertInto('mails')
      .values([
        { id: randomUUID(), user_id: user.id, recipient: 'new@example.org', ...mail, ...unsent },
        { id: randomUUID(), user_id: null, recipient: user.email, ...mail, ...unsent },
      ])
      .execute()
    return user
  }

  /** Everything that the store holds, as text. */
  async function dump(): Promise<string> {
    const tables = await app.db.introspection.getTables()
    const dumps = tables.map(async ({ name }) => {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(app.db)
      return `${name}: ${JSON.stringify(rows)}`
    })
    return (await Promise.all(dumps)).join('\n')
  }

  async function refused(call: Promise<unknown>): Promise<unknown> {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return error instanceof TaskwellError ? error.problem.code : error
  }

  test('leaves no trace in any table, nor in the files', async () => {
    const secret = `zqx${randomUUID().replaceAll('-', '')}`
    const other = await createFullUser('ofsomebodyelse')
    const user = await createFullUser(secret)
    const space = await app.db
      .selectFrom('spaces')
      .select('id')
      .where('owner_id', '=', user.id)
      .executeTakeFirstOrThrow()
    const filled = await dump()
    const tables = ['users', 'sessions', 'accounts', 'verifications', 'two_factors', 'account_events', 'api_tokens']
    for (const table of [...tables, 'mails', 'spaces', 'tasks', 'changes', 'idempotency_keys']) {
      const rows = filled.split('\n').find((line) => line.startsWith(`${table}: `)) ?? ''
      expect(
        [user.id, user.email, space.id, secret].some((trace) => rows.includes(trace)),
        table,
      ).toBe(true)
    }

    expect((await user.client.deleteAccount({ body: { password } })).status).toBe(204)

    // The mail that tells of it goes last.
    await vi.waitFor(async () => expect(await dump()).not.toContain(user.email), 5_000)
    const left = await dump()
    for (const trace of [user.id, user.email, space.id, secret]) expect(left).not.toContain(trace)
    expect((await other.client.listTasks()).body.items).toHaveLength(1)
    expect((await other.client.listTokens()).body.items).toHaveLength(1)
    if (app.config.database.kind !== 'sqlite') return
    const { file } = app.config.database
    const bytes = [file, `${file}-wal`].map((name) => readFileSync(name).toString('latin1')).join('\n')
    for (const trace of [user.id, user.email, space.id, secret]) expect(bytes).not.toContain(trace)
  })

  test('wants the right password, and a session', async () => {
    const user = await app.createUser()
    expect(await refused(user.client.deleteAccount({ body: { password: 'wrong password' } }))).toBe(
      'invalid_credentials',
    )
    const scopes = ['tasks:read', 'tasks:write', 'account:read'] as const
    const { token } = (await user.client.createToken({ body: { name: 'Robot', scopes: [...scopes] } })).body
    const robot = createClient({ baseUrl: app.baseUrl, token: () => token })
    expect(await refused(robot.deleteAccount({ body: { password } }))).toBe('token_scope')
    expect((await user.client.getAccount()).body.email).toBe(user.email)
  })

  test('ends every session, token and connection, and clears the cookie', async () => {
    const user = await app.createUser()
    const { token } = (await user.client.createToken({ body: { name: 'Robot', scopes: ['tasks:read'] } })).body
    const robot = createClient({ baseUrl: app.baseUrl, token: () => token })
    const signedIn = await createClient({ baseUrl: app.baseUrl }).login({ body: { email: user.email, password } })
    const socket: Socket<ServerEvents> = io(app.baseUrl, {
      transports: ['websocket'],
      auth: { token },
      forceNew: true,
      reconnection: false,
    })
    const heard: string[] = []
    socket.onAny((event: string) => void heard.push(event))
    await vi.waitFor(() => expect(heard).toEqual(['ready']), { timeout: 5_000 })
    const cookie = `better-auth.session_token=${encodeURIComponent(signedIn.headers.get('set-auth-token') ?? '')}`
    const reply = await fetch(`${app.baseUrl}/api/account`, {
      method: 'DELETE',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    })
    expect(reply.status).toBe(204)
    expect(reply.headers.getSetCookie().join()).toMatch(/better-auth\.session_token=;.*Max-Age=0/)
    expect(reply.headers.get('clear-site-data')).toBe('"cache", "storage"')
    await vi.waitFor(() => expect(heard).toEqual(['ready', 'session:ended']), { timeout: 1_500 })
    expect(await refused(user.client.getAccount())).toBe('unauthenticated')
    expect(await refused(robot.listTasks())).toBe('unauthenticated')
    expect(await refused(user.client.login({ body: { email: user.email, password } }))).toBe('invalid_credentials')
  })

  test('frees the address at once, for an account that sees nothing of the old one', async () => {
    const user = await createFullUser('theoldone')
    await user.client.deleteAccount({ body: { password } })
    const { body, headers } = await createClient({ baseUrl: app.baseUrl }).register({
      body: { name: 'New', email: user.email, password },
    })
    expect(body.user.id).not.toBe(user.id)
    const client = createClient({ baseUrl: app.baseUrl, token: () => headers.get('set-auth-token') ?? '' })
    const file = JSON.stringify((await client.exportAccount()).body)
    expect(file).not.toContain('theoldone')
    expect((await client.listTasks({ query: { count: 'exact' } })).body.total).toBe(0)
    expect((await client.listAccountEvents()).body.items.map(({ kind }) => kind)).toEqual([
      'sign_in',
      'account_created',
    ])
  })

  test('goes on after a crash, at the next start', async () => {
    const store = await database.open()
    const { createErasure } = await import('../src/account/index.ts')
    const { add, createUser } = await import('../src/tasks/testing.ts')
    const user = await createUser(store.db)
    for (let number = 0; number < 70; number++) await add(user, { title: `Task ${number}` })
    expect(await closeAccount(store.db, user.caller.userId, new Date().toISOString())).toBeDefined()
    const erasure = createErasure({ db: store.db, log: user.log })
    await vi.waitFor(async () => {
      expect(await store.db.selectFrom('users').select('id').execute()).toEqual([])
    }, 5_000)
    await erasure.stop()
    for (const table of ['tasks', 'changes', 'spaces'] as const) {
      expect(await store.db.selectFrom(table).selectAll().execute(), table).toEqual([])
    }
    await store.close()
  })

  test('answers 401 to whatever the user had under way, never 500', async () => {
    const { client } = await createFullUser('underway')
    const { body: task } = await client.createTask({ body: { title: 'Last' } })
    const params = { id: task.id }
    let isDeleted = false
    const calls: (() => Promise<unknown>)[] = [
      () => client.listChanges({ query: { since: 0 } }),
      () => client.getStats(),
      () => client.listActivity(),
      () => client.listTasks({ query: { count: 'exact', q: 'last' } }),
      () => client.listTaskHistory({ params }),
      () => client.createTask({ body: { title: 'Late' } }),
      () => client.createTask({ body: { title: 'Late' }, idempotencyKey: randomUUID() }),
      () => client.updateTask({ params, body: { title: 'Late' } }),
      () => client.batchTasks({ body: { operations: [{ op: 'create', task: { title: 'Late' } }] } }),
      () => client.createToken({ body: { name: 'Late', scopes: ['tasks:read'] } }),
      () => client.updateAccount({ body: { name: 'Late' } }),
      () => client.getAccount(),
      () => client.getSession(),
      () => client.listAccountEvents(),
      () => client.exportAccount(),
    ]
    const codes = new Set<unknown>()
    const busy = calls.map(async (call) => {
      for (let after = 0; after < 3; after += isDeleted ? 1 : 0) codes.add(await refused(call()))
    })
    await client.deleteAccount({ body: { password } })
    isDeleted = true
    await Promise.all(busy)
    expect(codes).toContain('unauthenticated')
    const known = [undefined, 'unauthenticated', 'not_found', 'quota_exceeded']
    for (const code of codes) expect(known, String(code)).toContain(code)
    expect(app.log.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  test('leaves nothing for a request to find that was let in before', async () => {
    const store = await database.open()
    const { createUser } = await import('../src/tasks/testing.ts')
    const ctx = { ...(await createUser(store.db)), visit: { headers: {}, ip: '192.0.2.7' } }
    await deleteUser(store.db, { userId: ctx.caller.userId, now: new Date() })
    const late: Record<string, () => Promise<unknown>> = {
      changes: () => listChanges(ctx, { query: { since: 0 } }),
      list: () => listTasks(ctx, { query: {} }),
      activity: () => listActivity(ctx, { query: {} }),
      stats: () => getStats(ctx, { query: {} }),
      account: () => getAccount(ctx, {}),
      token: () => forAccount(ctx, () => createToken(ctx, { body: { name: 'Late', scopes: ['tasks:read'] } })),
    }
    for (const [name, call] of Object.entries(late))
      await expect(call(), name).rejects.toMatchObject({ code: 'unauthenticated' })
    await store.close()
  })

  test('is not what a row without its owner tells of, as long as the account is there', async () => {
    const store = await database.open()
    const { createUser } = await import('../src/tasks/testing.ts')
    const ctx = await createUser(store.db)
    const row = { id: randomUUID(), owner_id: randomUUID(), revision: 0, floor: 0, created_at: ctx.now.toISOString() }
    const write = () => forAccount(ctx, () => store.db.insertInto('spaces').values(row).execute())
    await expect(write()).rejects.toMatchObject({ code: expect.stringMatching(/FOREIGNKEY|23503/) })
    await deleteUser(store.db, { userId: ctx.caller.userId, now: new Date() })
    await expect(write()).rejects.toMatchObject({ code: 'unauthenticated' })
    await store.close()
  })

  test('of two requests at once has one effect', async () => {
    const user = await createFullUser('twice')
    const tries = await Promise.all([1, 2].map(() => refused(user.client.deleteAccount({ body: { password } }))))
    expect(tries).toContain(undefined)
    for (const code of tries) expect([undefined, 'unauthenticated', 'invalid_credentials']).toContain(code)
  })
})

// PostgreSQL's index goes with the rows.
test('deleting an account on SQLite leaves the search index without its words', async () => {
  const sqlite = databases.find(({ kind }) => kind === 'sqlite')
  if (!sqlite) throw new Error('SQLite is not among the databases')
  const app = await startApp(sqlite)
  const words = ['quixotically', 'jackdaws', 'sphinxes']
  const user = await app.createUser()
  const tasks = Array.from({ length: 60 }, (_, number) => ({ id: randomUUID(), title: words.join(` ${number} `) }))
  await user.client.batchTasks({ body: { operations: tasks.map((task) => ({ op: 'create' as const, task })) } })
  const changes = { title: `${words.join(' ')} again` }
  await user.client.batchTasks({
    body: { operations: tasks.map(({ id }) => ({ op: 'update' as const, id, changes })) },
  })
  await sql`create virtual table if not exists terms using fts5vocab(task_search, row)`.execute(app.db)
  const terms = async () => {
    const { rows } = await sql<{ term: string }>`select term from terms where term in ('qui', 'jac', 'hin')`.execute(
      app.db,
    )
    return rows.map(({ term }) => term)
  }
  expect(await terms()).toEqual(['hin', 'jac', 'qui'])
  await user.client.deleteAccount({ body: { password } })
  expect(await terms()).toEqual([])
  await app.stop()
})
