import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { createRequests, jsonAs, type Reply, type Requests } from './requests-http.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('caching on %s', (database) => {
  let app: TestApp
  let requests: Requests
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off' })
    requests = createRequests(app.baseUrl)
  })
  afterEach(() => app.setNow(undefined))
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  function get(user: TestUser, path: string, ifNoneMatch?: string): Promise<Reply> {
    const headers = {
      authorization: `Bearer ${user.token}`,
      ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    }
    return requests.send({ path, headers })
  }

  async function etagOf(user: TestUser, path: string): Promise<string> {
    const { headers } = await get(user, path)
    if (headers.etag === undefined) throw new Error(`No ETag at ${path}`)
    return headers.etag
  }

  test('a task that is unchanged answers 304, and 200 after a write', async () => {
    const ada = await app.createUser()
    const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
    const path = `/api/tasks/${task.id}`
    const first = await get(ada, path)
    expect(first.headers.etag).toBe('"v1"')
    for (const tag of ['"v1"', 'W/"v1"', '"v7", "v1"', '*']) {
      const again = await get(ada, path, tag)
      expect(again.status, tag).toBe(304)
      expect(again.text).toBe('')
      expect(again.headers).toMatchObject({ etag: '"v1"', 'taskwell-revision': '1' })
      expectRevalidated(again)
    }
    for (const tag of ['"v2"', 'v1', '']) expect((await get(ada, path, tag)).status, tag).toBe(200)
    await ada.client.updateTask({ params: { id: task.id }, body: { title: 'Write' } })
    const changed = await get(ada, path, '"v1"')
    expect(changed.status).toBe(200)
    expect(changed.headers).toMatchObject({ etag: '"v2"', 'taskwell-revision': '2' })
  })

  test.each(['', '?q=read', '?completed=false&sort=title', '?due=any', '?count=exact&limit=1'])(
    'a list (%s) that is unchanged answers 304, and 200 after any write of its user',
    async (query) => {
      const ada = await app.createUser()
      const { body: task } = await ada.client.createTask({ body: { title: 'Read', dueDate: '2026-11-23' } })
      const path = `/api/tasks${query}`
      const etag = await etagOf(ada, path)
      const again = await get(ada, path, etag)
      expect(again.status).toBe(304)
      expect(again.text).toBe('')
      expect(again.headers).toMatchObject({ etag, 'taskwell-revision': '1' })
      expectRevalidated(again)
      const params = { id: task.id }
      const writes = [
        () => ada.client.updateTask({ params, body: { priority: 'high' } }),
        () => ada.client.deleteTask({ params }),
        () => ada.client.restoreTask({ params }),
      ]
      let known = etag
      for (const write of writes) {
        await write()
        const changed = await get(ada, path, known)
        expect(changed.status).toBe(200)
        expect(changed.headers.etag).not.toBe(known)
        known = changed.headers.etag ?? ''
      }
    },
  )

  test('erasing a task from the bin changes the list of the bin', async () => {
    const ada = await app.createUser()
    const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
    await ada.client.deleteTask({ params: { id: task.id } })
    const etag = await etagOf(ada, '/api/tasks?deleted=true')
    await ada.client.eraseTask({ params: { id: task.id } })
    const after = await get(ada, '/api/tasks?deleted=true', etag)
    expect(after.status).toBe(200)
    expect(JSON.parse(after.text)).toMatchObject({ items: [] })
  })

  test('a list that is asked for again is the same to the byte, until another process writes', async () => {
    const ada = await app.createUser()
    const { body: task } = await ada.client.createTask({ body: { title: 'Read “Ulysses” 🚀' } })
    const first = await get(ada, '/api/tasks?count=exact')
    const again = await get(ada, '/api/tasks?count=exact')
    expect(again.text).toBe(first.text)
    const { date: _date, 'x-request-id': _id, ...headers } = first.headers
    expect(again.headers).toMatchObject(headers)
    expect(first.headers).toMatchObject({ 'content-length': String(Buffer.byteLength(first.text)) })
    await app.db.transaction().execute(async (db) => {
      await db.updateTable('spaces').set({ revision: 2 }).where('owner_id', '=', ada.id).execute()
      await db.updateTable('tasks').set({ title: 'Written elsewhere', revision: 2 }).where('id', '=', task.id).execute()
    })
    const after = await get(ada, '/api/tasks?count=exact', first.headers.etag)
    expect(after.status).toBe(200)
    expect(JSON.parse(after.text).items).toMatchObject([{ title: 'Written elsewhere' }])
    expect(after.headers['taskwell-revision']).toBe('2')
  })

  test('what one user was answered is not what another one is, nor what another address answers', async () => {
    const ada = await app.createUser()
    const eve = await app.createUser('Eve')
    await ada.client.createTask({ body: { title: 'Read' } })
    await eve.client.createTask({ body: { title: 'Spy' } })
    for (const path of ['/api/tasks', '/api/dashboard/stats']) {
      const [hers, herAgain, eves] = [await get(ada, path), await get(ada, path), await get(eve, path)]
      expect(herAgain.text).toBe(hers.text)
      expect(eves.headers.etag).not.toBe(hers.headers.etag)
    }
    expect(JSON.parse((await get(eve, '/api/tasks')).text).items).toMatchObject([{ title: 'Spy' }])
    expect(JSON.parse((await get(ada, '/api/tasks')).text).items).toMatchObject([{ title: 'Read' }])
  })

  test('a write that changes nothing leaves the ETags as they are', async () => {
    const ada = await app.createUser()
    const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
    const etag = await etagOf(ada, '/api/tasks')
    await ada.client.updateTask({ params: { id: task.id }, body: { title: ' Read ' } })
    expect((await get(ada, '/api/tasks', etag)).status).toBe(304)
    expect((await get(ada, `/api/tasks/${task.id}`, '"v1"')).status).toBe(304)
  })

  test('the ETag of a list differs between users, even with nothing in it', async () => {
    const ada = await app.createUser()
    const eve = await app.createUser('Eve')
    const etag = await etagOf(ada, '/api/tasks')
    expect(await etagOf(eve, '/api/tasks')).not.toBe(etag)
    expect((await get(eve, '/api/tasks', etag)).status).toBe(200)
  })

  test('the ETag of a list differs between queries', async () => {
    const ada = await app.createUser()
    const paths = ['/api/tasks', '/api/tasks?q=a', '/api/tasks?q=b', '/api/tasks?limit=1', '/api/tasks?deleted=true']
    const etags = await Promise.all(paths.map((path) => etagOf(ada, path)))
    expect(new Set(etags).size).toBe(paths.length)
  })

  test('the ETag of a list differs between zones, of the request and of the profile', async () => {
    const ada = await app.createUser()
    const utc = await etagOf(ada, '/api/tasks?due=today')
    expect(await etagOf(ada, '/api/tasks?due=today&timeZone=Pacific/Kiritimati')).not.toBe(utc)
    await ada.client.updateAccount({ body: { timeZone: 'Pacific/Kiritimati' } })
    const moved = await get(ada, '/api/tasks?due=today', utc)
    expect(moved.status).toBe(200)
    expect(moved.headers.etag).not.toBe(utc)
  })

  test('the answer to what is overdue is read anew when the minute passes', async () => {
    const ada = await app.createUser()
    await ada.client.createTask({ body: { title: 'Call', dueDate: '2026-11-23', dueTime: '09:30' } })
    const path = '/api/tasks?due=overdue'
    app.setNow(new Date('2026-11-23T09:30:10Z'))
    const before = await get(ada, path)
    expect(JSON.parse(before.text).items).toEqual([])
    app.setNow(new Date('2026-11-23T09:30:50Z'))
    expect((await get(ada, path, before.headers.etag)).status).toBe(304)
    app.setNow(new Date('2026-11-23T09:31:00Z'))
    const after = await get(ada, path, before.headers.etag)
    expect(after.status).toBe(200)
    expect(JSON.parse(after.text).items).toHaveLength(1)
  })

  test('the answer to what is due today is read anew when the day passes where the user is', async () => {
    const ada = await app.createUser('Ada', 'Asia/Tokyo')
    await ada.client.createTask({ body: { title: 'Pay', dueDate: '2026-11-24' } })
    for (const due of ['today', 'week', 'upcoming', 'overdue']) {
      const path = `/api/tasks?due=${due}&sort=dueDate`
      app.setNow(new Date('2026-11-23T14:59:59Z'))
      const before = await get(ada, path)
      app.setNow(new Date('2026-11-23T15:00:00Z'))
      expect((await get(ada, path, before.headers.etag)).status).toBe(200)
    }
  })

  test('a list that does not depend on the moment stays unchanged as time passes', async () => {
    const ada = await app.createUser()
    await ada.client.createTask({ body: { title: 'Read' } })
    app.setNow(new Date('2026-11-23T09:30:00Z'))
    const etag = await etagOf(ada, '/api/tasks?completed=false')
    app.setNow(new Date('2026-11-24T10:31:00Z'))
    expect((await get(ada, '/api/tasks?completed=false', etag)).status).toBe(304)
  })

  test('replies that can be revalidated say so, and on whom they depend', async () => {
    const ada = await app.createUser()
    const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
    for (const path of ['/api/tasks', `/api/tasks/${task.id}`]) expectRevalidated(await get(ada, path))
  })

  test('every other private reply is not stored', async () => {
    const ada = await app.createUser()
    const paths = ['/api/account', '/api/auth/session', '/api/tasks/unknown', '/api/tasks?limit=0', '/health']
    for (const path of paths) expect((await get(ada, path)).headers['cache-control'], path).toBe('no-store')
    const created = await requests.send({
      method: 'POST',
      path: '/api/tasks',
      headers: jsonAs(ada.token),
      body: '{"title":"Read"}',
    })
    expect(created.headers).toMatchObject({ 'cache-control': 'no-store', etag: '"v1"' })
    const anonymous = await requests.send({ path: '/api/tasks' })
    expect(anonymous.headers['cache-control']).toBe('no-store')
    expect(anonymous.headers).not.toHaveProperty('etag')
  })

  test('the revision counts the writes, on every reply about tasks', async () => {
    const ada = await app.createUser()
    const revisionOf = async (path: string) => (await get(ada, path)).headers['taskwell-revision']
    expect(await revisionOf('/api/tasks')).toBe('0')
    const created = await ada.client.createTask({ body: { title: 'Read' } })
    const params = { id: created.body.id }
    const updated = await ada.client.updateTask({ params, body: { completed: true } })
    const deleted = await ada.client.deleteTask({ params })
    expect([created, updated, deleted].map(({ revision }) => revision)).toEqual([1, 2, 3])
    const refusals = [`/api/tasks/${params.id}`, '/api/tasks/unknown', '/api/tasks?limit=0']
    for (const path of ['/api/tasks', ...refusals]) expect(await revisionOf(path), path).toBe('3')
    const restored = await ada.client.restoreTask({ params })
    expect(restored.revision).toBe(4)
    await ada.client.deleteTask({ params })
    const emptied = await ada.client.emptyBin()
    expect(emptied.revision).toBe(Number(await revisionOf('/api/tasks')))
    expect(emptied.revision).toBeGreaterThan(5)
  })
})

function expectRevalidated({ headers }: Reply): void {
  expect(headers['cache-control']).toBe('private, no-cache')
  const vary = headers.vary?.split(',').map((name) => name.trim())
  expect(vary).toEqual(expect.arrayContaining(['Cookie', 'Authorization']))
}
