import { contract, createClient, type Endpoint, type Scope, scopes } from '@taskwell/api'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printApi } from '../src/docs/index.ts'
import { createAjv } from '../src/http/formats.ts'
import { databases } from './databases.ts'
import { createRequests, expectProblem, type Reply, type Requests } from './requests-http.ts'
import { password, startApp, type TestApp, type TestUser } from './start-app.ts'

interface Call {
  readonly params?: Record<string, string>
  readonly query?: string
  readonly body?: unknown
}

/** How to make a valid request of each operation, with all that has to be there for it. */
const prepared: Readonly<Record<string, (user: TestUser) => Promise<Call>>> = {
  register: async () => ({ body: { name: 'Grace', email: newAddress(), password } }),
  login: async ({ email }) => ({ body: { email, password } }),
  logout: nothing,
  getSession: nothing,
  getAccount: nothing,
  updateAccount: async () => ({ body: { name: 'Ada Lovelace', timeZone: 'Europe/London' } }),
  deleteAccount: async () => ({ body: { password } }),
  exportAccount: async (user) => {
    await aDeletedTask(user)
    return {}
  },
  listSessions: nothing,
  endSession: async (user) => ({ params: { id: await anotherSession(user) } }),
  endOtherSessions: nothing,
  listAccountEvents: async () => ({ query: '?limit=1' }),
  listTokens: async (user) => {
    await aToken(user)
    return {}
  },
  createToken: async () => ({ body: { name: 'Backup', scopes: ['tasks:read'], expiresAt: '2096-01-01T00:00:00Z' } }),
  deleteToken: async (user) => ({ params: { id: await aToken(user) } }),
  createTask: async () => ({ body: { title: 'Read', dueDate: '2026-11-23', dueTime: '09:30', dueTimeZone: 'UTC' } }),
  listTasks: async (user) => {
    await user.client.createTask({ body: { title: 'Read', description: 'a book', completed: true } })
    return { query: '?count=exact&completed=true&priority=medium&sort=title' }
  },
  getTask: aTask,
  updateTask: async (user) => ({ ...(await aTask(user)), body: { title: 'Write' } }),
  replaceTask: async (user) => ({ ...(await aTask(user)), body: { title: 'Write', completed: true } }),
  deleteTask: aTask,
  restoreTask: aDeletedTask,
  listTaskHistory: async (user) => {
    const call = await aTask(user)
    await user.client.updateTask({ params: { id: call.params?.['id'] ?? '' }, body: { completed: true } })
    return call
  },
  batchTasks: async (user) => {
    const id = (await aTask(user)).params?.['id']
    const create = { op: 'create', task: { title: 'Write' } }
    const update = { op: 'update', id, changes: { title: 'Write' }, ifVersion: 1 }
    return { body: { operations: [create, update, { op: 'delete', id }, { op: 'restore', id }] } }
  },
  emptyBin: aDeletedTask,
  eraseTask: aDeletedTask,
  listChanges: async (user) => {
    await aDeletedTask(user)
    return { query: '?since=0&limit=1' }
  },
  undoChange: async (user) => {
    const { revision } = await user.client.createTask({ body: { title: 'Read' } })
    return { params: { revision: String(revision) } }
  },
  getStats: async (user) => {
    await aDeletedTask(user)
    await user.client.createTask({ body: { title: 'Read', dueDate: '2026-11-23', completed: true } })
    return { query: '?days=14&timeZone=Asia/Kathmandu' }
  },
  listActivity: async (user) => {
    await aDeletedTask(user)
    return { query: '?limit=1' }
  },
  getHealth: nothing,
  getLiveness: nothing,
  getReadiness: nothing,
}

async function nothing(): Promise<Call> {
  return {}
}

async function aTask(user: TestUser): Promise<Call> {
  const { body } = await user.client.createTask({ body: { title: 'Read' } })
  return { params: { id: body.id } }
}

async function aDeletedTask(user: TestUser): Promise<Call> {
  const call = await aTask(user)
  await user.client.deleteTask({ params: { id: call.params?.['id'] ?? '' } })
  return call
}

/** Signed in without the one that there is, which would end. */
async function anotherSession({ email, baseUrl }: TestUser): Promise<string> {
  const { body } = await createClient({ baseUrl }).login({ body: { email, password } })
  return body.session.id
}

async function aToken({ client }: TestUser): Promise<string> {
  const { body } = await client.createToken({ body: { name: 'Backup', scopes: ['tasks:read'] } })
  return body.id
}

function newAddress(): string {
  return `${randomBytes(6).toString('hex')}@example.com`
}

const endpoints: readonly (readonly [string, Endpoint])[] = Object.entries(contract)
const ofOneRow = endpoints.filter(([, { params }]) => params !== undefined && 'id' in params.properties)
const readable = endpoints.filter(([, { method }]) => method === 'GET')
const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']

const printed = printApi()

test.each(endpoints)('the loop knows a valid request of %s', (name) => {
  expect(prepared).toHaveProperty(name)
})

test('the OpenAPI document in the repository is the one that the program makes', async () => {
  expect(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')).toBe(await printed)
})

test.each(endpoints)('the OpenAPI document describes %s', async (name, { method, path }) => {
  const { paths } = JSON.parse(await printed)
  const operation = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
  expect(operation).toMatchObject({ operationId: name })
  expect(operation.responses[503].headers).toHaveProperty('Retry-After')
})

test('the OpenAPI document tells where a new task is', async () => {
  const { paths } = JSON.parse(await printApi())
  expect(paths['/api/tasks'].post.responses[201].headers).toHaveProperty('Location')
})

describe.each(databases)('the contract on %s', (database) => {
  let app: TestApp
  let requests: Requests
  let ada: TestUser
  let eve: TestUser
  /** API tokens of Ada's: one for each scope, for all of them, and for none. */
  let robots: { held: readonly Scope[]; token: string }[]
  beforeAll(async () => {
    app = await startApp(database)
    requests = createRequests(app.baseUrl)
    ada = await app.createUser()
    eve = await app.createUser('Eve')
    const sorts = [...scopes.map((scope) => [scope]), [...scopes], []]
    robots = await Promise.all(sorts.map(async (held) => ({ held, token: await makeToken(ada, held) })))
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  /** The API makes no token without scopes, but a row may have none. */
  async function makeToken({ client }: TestUser, held: readonly Scope[]): Promise<string> {
    const { body } = await client.createToken({
      body: { name: 'Test', scopes: held.length > 0 ? [...held] : ['tasks:read'] },
    })
    if (held.length === 0)
      await app.db.updateTable('api_tokens').set({ scopes: '' }).where('id', '=', body.id).execute()
    return body.token
  }

  async function prepare(name: string, user: TestUser): Promise<Call> {
    const make = prepared[name]
    if (!make) throw new Error(`Say in this file what a valid request of ${name} is`)
    return make(user)
  }

  function send(
    endpoint: Endpoint,
    call: Call,
    options: { as?: TestUser; method?: string; suffix?: string } = {},
  ): Promise<Reply> {
    const path = endpoint.path.replace(/:(\w+)/g, (_, part: string) => call.params?.[part] ?? randomUUID())
    return requests.send({
      method: options.method ?? endpoint.method,
      path: path + (options.suffix ?? '') + (call.query ?? ''),
      headers: {
        ...(options.as && { authorization: `Bearer ${options.as.token}` }),
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    })
  }

  /** Somebody new: what ends sessions or accounts must not end those of the other tests. */
  const newUser = () => app.createUser('Grace')

  test.each(endpoints.filter(([, endpoint]) => !endpoint.public))('%s wants a session', async (name, endpoint) => {
    const call = await prepare(name, ada)
    expectProblem(await send(endpoint, call), 401, 'unauthenticated')
    const { events } = app
    const before = events.length
    const bad = { ...ada, token: `${ada.token}x` }
    expectProblem(await send(endpoint, call, { as: bad }), 401, 'unauthenticated')
    expect(events).toHaveLength(before)
  })

  test.each(endpoints.filter(([, endpoint]) => !endpoint.public))(
    '%s takes API tokens with its scope, and no others',
    async (name, endpoint) => {
      const refused = await prepare(name, ada)
      for (const { held, token } of robots) {
        const isTaken = endpoint.scope !== undefined && held.includes(endpoint.scope)
        const reply = await send(endpoint, isTaken ? await prepare(name, ada) : refused, { as: { ...ada, token } })
        if (isTaken) expect(reply.status, reply.text).toBe(endpoint.status)
        else expectProblem(reply, 403, 'token_scope')
      }
    },
  )

  test.each(ofOneRow)('%s answers another user as if the id had never been', async (name, endpoint) => {
    const call = await prepare(name, ada)
    const others = await send(endpoint, call, { as: eve })
    const nobodys = await send(endpoint, { ...call, params: { ...call.params, id: randomUUID() } }, { as: eve })
    expectProblem(others, 404, 'not_found')
    expect(withoutRequest(others)).toEqual(withoutRequest(nobodys))
  })

  test.each(ofOneRow)('%s answers an id that is no UUID as one that never was', async (name, endpoint) => {
    const call = await prepare(name, ada)
    const never = await send(endpoint, { ...call, params: { ...call.params, id: randomUUID() } }, { as: ada })
    for (const id of ['1', 'x', 'null', `${randomUUID()}0`, '%00', "'%20or%201=1", '__proto__', 'ⓐ', '%F0%9F%98%80']) {
      const reply = await send(
        endpoint,
        { ...call, params: { ...call.params, id: encodeURI(decodeURIComponent(id)) } },
        { as: ada },
      )
      expectProblem(reply, 404, 'not_found')
      expect(withoutRequest(reply).text).toBe(withoutRequest(never).text)
    }
  })

  test.each(endpoints)('the reply of %s is as its schema says', async (name, endpoint) => {
    const user = await newUser()
    const reply = await send(endpoint, await prepare(name, user), { as: user })
    expect(reply.status, reply.text).toBe(endpoint.status)
    expectReply(reply, endpoint)
    if (endpoint.revision) expect(reply.headers['taskwell-revision']).toMatch(/^\d+$/)
    if (endpoint.etag) expect(reply.headers.etag).toMatch(/^"[^"]+"$/)
  })

  test.each(endpoints)('%s accepts a slash at the end of its path', async (name, endpoint) => {
    const user = await newUser()
    const reply = await send(endpoint, await prepare(name, user), { as: user, suffix: '/' })
    expect(reply.status, reply.text).toBe(endpoint.status)
    expectReply(reply, endpoint)
  })

  test.each(readable)('HEAD answers like %s, without the body', async (name, endpoint) => {
    const call = await prepare(name, ada)
    const get = await send(endpoint, call, { as: ada })
    const head = await send(endpoint, call, { as: ada, method: 'HEAD' })
    expect(head.text).toBe('')
    // How many pieces there are is not known before the last one.
    if (endpoint.streamed) delete get.headers['transfer-encoding']
    expect(withoutRequest(head)).toEqual({ ...withoutRequest(get), text: '' })
  })

  test.each([...new Set(endpoints.map(([, { path }]) => path))])(
    '%s refuses other methods and names its own',
    async (path) => {
      const known = endpoints.filter(([, endpoint]) => endpoint.path === path)
      const [first] = known
      if (!first) throw new Error('A path without an endpoint')
      const own = known.map(([, { method }]) => method as string)
      const allow = [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
      for (const method of methods.filter((candidate) => !own.includes(candidate))) {
        for (const suffix of ['', '/']) {
          const reply = await send(first[1], {}, { as: ada, method, suffix })
          expectProblem(reply, 405, 'method_not_allowed')
          expect(reply.headers.allow?.split(', ').sort()).toEqual(allow)
        }
      }
    },
  )

  test('a create that is repeated answers 200 with a task as the schema says', async () => {
    const body = { id: randomUUID(), title: 'Once' }
    await send(contract.createTask, { body }, { as: ada })
    const reply = await send(contract.createTask, { body }, { as: ada })
    expect(reply.status).toBe(contract.createTask.alternative.status)
    expectReply(reply, contract.createTask)
  })
})

const ajv = createAjv()

function expectReply(reply: Reply, { status, reply: schema }: Endpoint): void {
  if (schema === undefined || status === 204) {
    expect(reply.text).toBe('')
    return
  }
  expect(reply.headers['content-type']).toMatch(/^application\/json/)
  const isValid = ajv.compile(schema)
  isValid(JSON.parse(reply.text))
  expect(isValid.errors, reply.text).toBeNull()
}

/** The reply without what differs between any two. */
function withoutRequest({ status, headers, text }: Reply): Reply {
  const { date: _, 'x-request-id': __, ...rest } = headers
  return { status, headers: rest, text: text.replace(/"requestId":"[^"]*"/, '') }
}
