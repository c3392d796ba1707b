import { createServer } from 'node:http'
import {
  createClient,
  createMemoryStorage,
  type Problem,
  type Sync,
  type SyncOptions,
  type SyncSnapshot,
  type SyncStorage,
} from '@taskwell/api'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases } from './databases.ts'
import { createFlakyFetch, createFlakyLink } from './model/flaky-link.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const hour = 3_600_000

describe.each(databases)('the sync on %s', (database) => {
  let app: TestApp
  const cleanups: (() => Promise<void>)[] = []
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterEach(async () => {
    app.setNow(undefined)
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })
  afterAll(() => app.stop())

  function startSync(user: TestUser, options: SyncOptions & { fetch?: typeof fetch; baseUrl?: string } = {}): Sync {
    const { fetch: fetcher = fetch, baseUrl = app.baseUrl, ...rest } = options
    const client = createClient({ baseUrl, token: () => user.token, fetch: fetcher })
    const sync = client.sync({ pauses: { first: 20, most: 200 }, ...rest })
    cleanups.push(() => sync.close())
    return sync
  }

  async function until(sync: Sync, condition: (snapshot: SyncSnapshot) => boolean): Promise<void> {
    await vi.waitUntil(() => condition(sync.getSnapshot()), { timeout: 8_000, interval: 5 })
  }

  const isQuiet = ({ status, pending }: SyncSnapshot): boolean => status === 'live' && pending === 0

  async function createLink() {
    const link = await createFlakyLink(Number(new URL(app.baseUrl).port))
    cleanups.push(link.close)
    return link
  }

  /** A fetch that notes the keys of writes. */
  function createWitness(fetcher: typeof fetch = fetch) {
    const keys: string[] = []
    const witness: typeof fetch = (input, init) => {
      const key = new Headers(init?.headers).get('idempotency-key')
      if (key !== null) keys.push(key)
      return fetcher(input, init)
    }
    return { keys, fetch: witness }
  }

  async function historyOf(user: TestUser, id: string) {
    return (await user.client.listTaskHistory({ params: { id }, query: {} })).body.items
  }

  test('shows a write at once, and every device has it in the end', async () => {
    const user = await app.createUser()
    const [phone, laptop] = [startSync(user), startSync(user)]
    await until(laptop, ({ status }) => status === 'live')
    const write = phone.createTask({ title: 'Water the plants' })
    const [id = ''] = write.taskIds
    expect(phone.getSnapshot()).toMatchObject({ pending: 1 })
    expect(phone.getSnapshot().tasks.get(id)).toMatchObject({ title: 'Water the plants', revision: 0 })
    expect(await write.settled).toEqual({ status: 'saved', revision: 1 })
    await until(laptop, ({ tasks }) => tasks.get(id)?.revision === 1)
    expect(phone.getSnapshot().tasks.get(id)).toEqual(laptop.getSnapshot().tasks.get(id))
    phone.deleteTask(id)
    await until(laptop, ({ tasks }) => typeof tasks.get(id)?.deletedAt === 'string')
    phone.eraseTask(id)
    expect(phone.getSnapshot().tasks.has(id)).toBe(false)
    await until(laptop, ({ tasks }) => !tasks.has(id))
    expect(phone.getSnapshot().refusals).toEqual([])
  })

  test('answers the same snapshot until something changes, and tells of it', async () => {
    const sync = startSync(await app.createUser())
    await until(sync, ({ status }) => status === 'live')
    const before = sync.getSnapshot()
    expect(sync.getSnapshot()).toBe(before)
    let told = 0
    const stop = sync.subscribe(() => void (told += 1))
    for (let number = 0; number < 50; number++) sync.createTask({ title: `Task ${number}` })
    expect(sync.getSnapshot()).toMatchObject({ pending: 50 })
    expect(before.tasks.size).toBe(0)
    await until(sync, isQuiet)
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThan(150)
    stop()
  })

  test('keeps what is written offline over a restart, and sends it in order, each under one key', async () => {
    const user = await app.createUser()
    const [link, storage, witness] = [await createLink(), createMemoryStorage(), createWitness()]
    const before = startSync(user, { storage, fetch: witness.fetch, baseUrl: link.baseUrl })
    await until(before, ({ status }) => status === 'live')
    link.cut()
    const [id = ''] = before.createTask({ title: 'Written on the train' }).taskIds
    before.updateTask(id, { priority: 'high' })
    before.updateTask(id, { description: 'Twice' })
    await until(before, ({ status }) => status === 'offline')
    await vi.waitUntil(() => witness.keys.length > 3, { timeout: 5_000 })
    await before.close()
    const after = startSync(user, { storage, fetch: witness.fetch, baseUrl: link.baseUrl })
    await until(after, ({ pending }) => pending === 3)
    expect(after.getSnapshot().tasks.get(id)).toMatchObject({ priority: 'high', description: 'Twice' })
    link.mend()
    await until(after, isQuiet)
    expect(new Set(witness.keys).size).toBe(3)
    const kinds = (await historyOf(user, id)).map(({ after: changed }) => Object.keys(changed))
    expect(kinds.slice(0, 2)).toEqual([['description'], ['priority']])
    expect(await storage.loadWrites()).toEqual([])
  })

  test('a write whose reply is lost is done once', async () => {
    const user = await app.createUser()
    const faults = createFlakyFetch()
    const sync = startSync(user, { fetch: faults.fetch })
    faults.drop = 3
    const write = sync.createTask({ title: 'Once' })
    expect(await write.settled).toEqual({ status: 'saved', revision: 1 })
    faults.drop = 1
    expect(await sync.deleteTask(write.taskIds[0] ?? '').settled).toEqual({ status: 'saved', revision: 2 })
    expect(await historyOf(user, write.taskIds[0] ?? '')).toHaveLength(2)
  })

  test('a batch whose reply is lost is known as done, also when one of its tasks was erased since', async () => {
    const user = await app.createUser()
    const faults = createFlakyFetch()
    const sync = startSync(user, { fetch: faults.fetch })
    await until(sync, ({ status }) => status === 'live')
    faults.drop = 1_000
    const write = sync.batch([
      { op: 'create', task: { title: 'Erased' } },
      { op: 'create', task: { title: 'Kept' } },
    ])
    const params = { id: write.taskIds[0] ?? '' }
    await vi.waitUntil(async () => (await user.client.listTasks()).body.items.length === 2)
    await user.client.deleteTask({ params })
    await user.client.eraseTask({ params })
    faults.drop = 0
    expect(await write.settled).toMatchObject({ status: 'saved' })
    await until(sync, isQuiet)
    expect([...sync.getSnapshot().tasks.values()].map(({ title }) => title)).toEqual(['Kept'])
    expect(sync.getSnapshot().refusals).toEqual([])
  })

  test('keeps what others change in other fields beside an edit that waits', async () => {
    const user = await app.createUser()
    const [link, other] = [await createLink(), user.client]
    const { body } = await other.createTask({ body: { title: 'Before' } })
    const sync = startSync(user, { baseUrl: link.baseUrl, fetch: holdWrites() })
    await until(sync, ({ status, tasks }) => status === 'live' && tasks.has(body.id))
    sync.updateTask(body.id, { title: 'Mine' })
    await other.updateTask({ params: { id: body.id }, body: { title: 'Theirs', priority: 'high' } })
    await until(sync, ({ tasks }) => tasks.get(body.id)?.priority === 'high')
    expect(sync.getSnapshot().tasks.get(body.id)).toMatchObject({ title: 'Mine', priority: 'high', version: 2 })
  })

  /** Writes do not come through. */
  function holdWrites(): typeof fetch {
    return (input, init) =>
      init?.method === 'GET' ? fetch(input, init) : Promise.reject(new TypeError('fetch failed'))
  }

  test('takes a refused write back, keeps the refusal until it is dismissed, and goes on', async () => {
    const user = await app.createUser()
    const storage = createMemoryStorage()
    const sync = startSync(user, { storage })
    const good = sync.createTask({ title: 'Good' })
    const bad = sync.updateTask(good.taskIds[0] ?? '', { title: 'x'.repeat(501) })
    const next = sync.createTask({ title: 'Next' })
    expect(await bad.settled).toMatchObject({ status: 'refused', problem: { code: 'validation_failed' } })
    expect(await next.settled).toMatchObject({ status: 'saved' })
    expect(sync.getSnapshot().tasks.get(good.taskIds[0] ?? '')).toMatchObject({ title: 'Good' })
    await sync.close()
    const again = startSync(user, { storage })
    await until(again, ({ refusals }) => refusals.length === 1)
    expect(again.getSnapshot().refusals).toMatchObject([
      { write: { id: bad.id, kind: 'update' }, problem: { status: 422 } },
    ])
    again.dismissRefusal(bad.id)
    expect(again.getSnapshot().refusals).toEqual([])
    expect((await storage.load()).refusals).toEqual([])
  })

  test('waits as long as the server asks, and believes no refusal that somebody on the way made up', async () => {
    const user = await app.createUser()
    const problem: Problem = { type: '', title: '', status: 429, code: 'rate_limited', requestId: '' }
    const answers = [
      new Response('<h1>Blocked</h1>', { status: 403, headers: { 'content-type': 'text/html' } }),
      Response.json(problem, {
        status: 429,
        headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      }),
    ]
    const times: number[] = []
    const sync = startSync(user, {
      fetch: async (input, init) => {
        if (init?.method === 'GET') return fetch(input, init)
        times.push(Date.now())
        return answers.shift() ?? fetch(input, init)
      },
    })
    expect(await sync.createTask({ title: 'Patient' }).settled).toEqual({ status: 'saved', revision: 1 })
    expect(times).toHaveLength(3)
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(995)
  })

  test('stops when the session ends, drops nothing, and goes on when somebody is signed in again', async () => {
    const user = { ...(await app.createUser()) }
    const sync = startSync(user)
    await until(sync, ({ status }) => status === 'live')
    await user.client.logout()
    await until(sync, ({ status }) => status === 'signed out')
    const write = sync.createTask({ title: 'Later' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sync.getSnapshot()).toMatchObject({ status: 'signed out', pending: 1 })
    const { headers } = await createClient({ baseUrl: app.baseUrl }).login({
      body: { email: user.email, password: user.password },
    })
    Object.assign(user, { token: headers.get('set-auth-token') })
    sync.reconnect()
    expect(await write.settled).toMatchObject({ status: 'saved' })
    await until(sync, isQuiet)
  })

  test('sends nothing with the token of somebody else, and shows nothing of theirs', async () => {
    const [ada, bob] = [await app.createUser('Ada'), await app.createUser('Bob')]
    await bob.client.createTask({ body: { title: 'Of Bob' } })
    let { token } = ada
    const client = createClient({ baseUrl: app.baseUrl, token: () => token })
    const sync = client.sync({ pauses: { first: 20, most: 100 } })
    cleanups.push(() => sync.close())
    expect(await sync.createTask({ title: 'Of Ada' }).settled).toMatchObject({ status: 'saved' })
    token = bob.token
    sync.createTask({ title: 'Of Ada, too' })
    await until(sync, ({ status }) => status === 'signed out')
    sync.reconnect()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sync.getSnapshot()).toMatchObject({ status: 'signed out', pending: 1 })
    expect([...sync.getSnapshot().tasks.values()].map(({ title }) => title).toSorted()).toEqual([
      'Of Ada',
      'Of Ada, too',
    ])
    expect((await bob.client.listTasks()).body.items.map(({ title }) => title)).toEqual(['Of Bob'])
    token = ada.token
    sync.reconnect()
    await until(sync, isQuiet)
    expect((await ada.client.listTasks()).body.items).toHaveLength(2)
  })

  test('sends nothing under the cookie of somebody else', async () => {
    const [ada, bob] = [await app.createUser('Ada'), await app.createUser('Bob')]
    const storage = createMemoryStorage()
    let { token } = ada
    const client = createClient({
      baseUrl: app.baseUrl,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers)
        headers.set('cookie', `better-auth.session_token=${encodeURIComponent(token)}`)
        return fetch(input, { ...init, headers })
      },
    })
    const start = (): Sync => client.sync({ storage, pauses: { first: 20, most: 100 } })
    const before = start()
    expect(await before.createTask({ title: 'Of Ada' }).settled).toMatchObject({ status: 'saved' })
    await before.close()
    token = bob.token
    const after = start()
    cleanups.push(() => after.close())
    after.createTask({ title: 'Of Ada, too' })
    await until(after, ({ status }) => status === 'signed out')
    expect((await bob.client.listTasks()).body.items).toEqual([])
    token = ada.token
    after.reconnect()
    await until(after, ({ pending }) => pending === 0)
    expect((await ada.client.listTasks()).body.items).toHaveLength(2)
  })

  test('follows by asking where no socket gets through', async () => {
    const user = await app.createUser()
    const proxy = createServer((request, reply) => {
      const headers = { authorization: request.headers.authorization ?? '' }
      fetch(app.baseUrl + (request.url ?? ''), { headers }).then(
        async (answer) =>
          reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
        () => reply.destroy(),
      )
    })
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
    cleanups.push(async () => {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    })
    const address = proxy.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const sync = startSync(user, { baseUrl: `http://127.0.0.1:${port}` })
    await until(sync, ({ status }) => status === 'live')
    await user.client.createTask({ body: { title: 'From elsewhere' } })
    await until(sync, ({ tasks }) => tasks.size === 1)
    expect(sync.getSnapshot()).toMatchObject({ status: 'live', revision: 1 })
  })

  describe('more than a day after a reply was lost', () => {
    /** Does the write, loses the reply, and ends the program; starts it again when the key is forgotten. */
    async function repeatLater(
      user: TestUser,
      write: (sync: Sync) => void,
      meanwhile: () => Promise<unknown> = async () => {},
    ): Promise<Sync> {
      const [storage, faults] = [createMemoryStorage(), createFlakyFetch()]
      const before = startSync(user, { storage, fetch: faults.fetch })
      await until(before, ({ status }) => status === 'live')
      faults.drop = 1_000
      write(before)
      await vi.waitUntil(() => faults.drop < 1_000, { timeout: 5_000 })
      await before.close()
      app.setNow(new Date(Date.now() + 25 * hour))
      await meanwhile()
      const after = startSync(user, { storage })
      await until(after, isQuiet)
      expect(after.getSnapshot().refusals).toEqual([])
      return after
    }

    test('a create is done once, also when the task was edited or deleted since', async () => {
      for (const change of ['none', 'edit', 'delete']) {
        const user = await app.createUser()
        const params = async () => ({ id: (await user.client.listTasks()).body.items[0]?.id ?? '' })
        const after = await repeatLater(
          user,
          (sync) => sync.createTask({ title: 'Once' }),
          async () => {
            if (change === 'edit') await user.client.updateTask({ params: await params(), body: { title: 'Edited' } })
            if (change === 'delete') await user.client.deleteTask({ params: await params() })
          },
        )
        expect([...after.getSnapshot().tasks.values()]).toMatchObject([
          { title: change === 'edit' ? 'Edited' : 'Once' },
        ])
      }
    })

    test('a delete and a batch with one are done', async () => {
      const user = await app.createUser()
      const [one, two] = ['One', 'Two'].map(async (title) => (await user.client.createTask({ body: { title } })).body)
      const [first, second] = [await one, await two]
      if (!first || !second) throw new Error('They were created')
      await repeatLater(user, (sync) => sync.deleteTask(first.id))
      const after = await repeatLater(user, (sync) =>
        sync.batch([
          { op: 'create', task: { title: 'Three' } },
          { op: 'delete', id: second.id },
        ]),
      )
      const live = [...after.getSnapshot().tasks.values()].filter(({ deletedAt }) => deletedAt === null)
      expect(live).toMatchObject([{ title: 'Three' }])
      expect(await historyOf(user, first.id)).toHaveLength(2)
    })

    test('an undo is done once, though the field has got its former value again', async () => {
      const user = await app.createUser()
      const { body } = await user.client.createTask({ body: { title: 'Before' } })
      const params = { id: body.id }
      const [storage, faults] = [createMemoryStorage(), createFlakyFetch()]
      const before = startSync(user, { storage, fetch: faults.fetch })
      await until(before, ({ tasks }) => tasks.size === 1)
      const edit = before.updateTask(body.id, { title: 'After' })
      await edit.settled
      faults.drop = 1_000
      expect(before.undo(edit.id)).toBeDefined()
      expect(before.getSnapshot().tasks.get(body.id)).toMatchObject({ title: 'Before' })
      await vi.waitUntil(() => faults.drop < 1_000, { timeout: 5_000 })
      await before.close()
      app.setNow(new Date(Date.now() + 25 * hour))
      await user.client.updateTask({ params, body: { title: 'After' } })
      const after = startSync(user, { storage })
      await until(after, isQuiet)
      expect(after.getSnapshot()).toMatchObject({ refusals: [] })
      expect((await user.client.getTask({ params })).body).toMatchObject({ title: 'After', version: 4 })
    })
  })

  test('undoes what was saved, takes back what was not sent, and leaves alone what changed nothing', async () => {
    const user = await app.createUser()
    const link = await createLink()
    const sync = startSync(user, { baseUrl: link.baseUrl })
    const created = sync.createTask({ title: 'One' })
    const [id = ''] = created.taskIds
    await created.settled
    const edit = sync.updateTask(id, { title: 'Two' })
    expect(await edit.settled).toEqual({ status: 'saved', revision: 2 })
    const undo = sync.undo(edit.id)
    expect(sync.getSnapshot().tasks.get(id)).toMatchObject({ title: 'One' })
    expect(await undo?.settled).toEqual({ status: 'saved', revision: 3 })
    const same = sync.updateTask(id, { title: 'One' })
    expect(await same.settled).toEqual({ status: 'saved', revision: null })
    expect(sync.undo(same.id)).toBeUndefined()
    link.cut()
    const other = sync.createTask({ title: 'Never sent' })
    const first = sync.createTask({ title: 'Never sent either' })
    expect(await sync.undo(first.id)?.settled).toEqual({ status: 'saved', revision: null })
    expect(await first.settled).toEqual({ status: 'saved', revision: null })
    link.mend()
    await other.settled
    expect((await user.client.listTasks()).body.items.map(({ title }) => title)).toEqual(['Never sent', 'One'])
    await sync.updateTask(id, { title: 'Three' }).settled
    expect(await sync.undo(created.id)?.settled).toMatchObject({ status: 'refused', problem: { code: 'conflict' } })
  })

  test('never undoes for a write that changed nothing what another device wrote just before', async () => {
    const user = await app.createUser()
    const link = await createLink()
    const sync = startSync(user, { baseUrl: link.baseUrl })
    const created = sync.createTask({ title: 'One' })
    const [id = ''] = created.taskIds
    await created.settled
    await until(sync, isQuiet)
    link.cut()
    const edits = [sync.updateTask(id, { title: 'Two' }), sync.batch([{ op: 'update', id, changes: { title: 'Two' } }])]
    await user.client.updateTask({ params: { id }, body: { title: 'Two' } })
    link.mend()
    for (const edit of edits) {
      expect(await edit.settled).toEqual({ status: 'saved', revision: null })
      expect(sync.undo(edit.id)).toBeUndefined()
    }
    await until(sync, isQuiet)
    expect((await user.client.getTask({ params: { id } })).body).toMatchObject({ title: 'Two', version: 2 })
  })

  test('emptying the bin spares what came to it later', async () => {
    const user = await app.createUser()
    const ids: string[] = []
    for (const title of ['Seen', 'Later']) ids.push((await user.client.createTask({ body: { title } })).body.id)
    const [seen = '', later = ''] = ids
    await user.client.deleteTask({ params: { id: seen } })
    const link = await createLink()
    const sync = startSync(user, { baseUrl: link.baseUrl })
    await until(sync, ({ tasks }) => tasks.size === 2)
    link.cut()
    const write = sync.emptyBin()
    await user.client.deleteTask({ params: { id: later } })
    await until(sync, ({ status }) => status === 'offline')
    link.mend()
    await write.settled
    const bin = await user.client.listTasks({ query: { deleted: true } })
    expect(bin.body.items.map(({ id }) => id)).toEqual([later])
  })

  describe('several tabs with one storage', () => {
    const shared = (): SyncStorage => ({ ...createMemoryStorage(), name: crypto.randomUUID() })

    test('show the same, and keep one copy, which another one takes over', async () => {
      const [user, storage] = [await app.createUser(), shared()]
      const [one, two] = [startSync(user, { storage }), startSync(user, { storage })]
      await one.createTask({ title: 'In one' }).settled
      await two.createTask({ title: 'In two' }).settled
      for (const tab of [one, two]) await until(tab, ({ tasks, revision }) => tasks.size === 2 && revision === 2)
      await one.close()
      await two.createTask({ title: 'Alone' }).settled
      await until(two, ({ revision }) => revision === 3)
      await vi.waitUntil(async () => (await storage.load()).tasks.length === 3, { timeout: 5_000 })
      expect((await storage.load()).position?.revision).toBe(3)
    })

    test('send what one that was closed has left, and nothing of one that is open', async () => {
      const [user, storage] = [await app.createUser(), shared()]
      const witness = createWitness()
      const stuck = startSync(user, { storage, fetch: holdWrites() })
      const open = startSync(user, { storage, fetch: holdWrites() })
      await until(stuck, ({ status }) => status === 'live')
      await until(open, ({ status }) => status === 'live')
      const [left, kept] = [stuck.createTask({ title: 'Left' }), open.createTask({ title: 'Kept' })]
      const third = startSync(user, { storage, fetch: witness.fetch })
      await until(third, ({ status }) => status === 'live')
      expect(third.getSnapshot().pending).toBe(0)
      await open.close()
      await stuck.close()
      await until(third, ({ tasks, pending }) => tasks.size === 2 && pending === 0)
      expect(new Set(witness.keys)).toEqual(new Set([left.id, kept.id]))
    })
  })
})
