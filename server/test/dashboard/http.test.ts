import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../databases.ts'
import { createRequests, expectProblem, type Requests } from '../requests-http.ts'
import { startApp, type TestApp, type TestUser } from '../start-app.ts'

describe.each(databases)('the dashboard over HTTP on %s', (database) => {
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

  function get(user: TestUser, query = '', ifNoneMatch?: string) {
    const tag = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
    return requests.send({
      path: `/api/dashboard/stats${query}`,
      headers: { authorization: `Bearer ${user.token}`, ...tag },
    })
  }

  test('answers in the zone of the profile, or in the one that is asked for', async () => {
    const ada = await app.createUser('Ada', 'Asia/Tokyo')
    app.setNow(new Date('2026-11-23T15:30:20.500Z'))
    await ada.client.createTask({ body: { title: 'Pay', dueDate: '2026-11-24' } })
    const own = JSON.parse((await get(ada)).text)
    expect(own).toMatchObject({
      asOf: '2026-11-23T15:30:00.000Z',
      timeZone: 'Asia/Tokyo',
      revision: 1,
      totals: { dueToday: 1, dueThisWeek: 1, overdue: 0 },
    })
    expect(own.activity.at(-1)).toEqual({ date: '2026-11-24', created: 1, completed: 0 })
    const { text, headers } = await get(ada, '?timeZone=europe/berlin&days=2')
    expect(headers['taskwell-revision']).toBe('1')
    expect(JSON.parse(text)).toMatchObject({
      timeZone: 'Europe/Berlin',
      totals: { dueToday: 0, dueThisWeek: 1 },
      activity: [
        { date: '2026-11-22', created: 0, completed: 0 },
        { date: '2026-11-23', created: 1, completed: 0 },
      ],
    })
  })

  test('an ETag holds until the revision moves or the minute passes, and stands for the same bytes', async () => {
    const ada = await app.createUser()
    await ada.client.createTask({ body: { title: 'Call', dueDate: '2026-11-23', dueTime: '09:30' } })
    app.setNow(new Date('2026-11-23T09:30:00.000Z'))
    const first = await get(ada)
    const etag = first.headers.etag ?? ''
    app.setNow(new Date('2026-11-23T09:30:59.999Z'))
    const again = await get(ada, '', etag)
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag])
    expect(again.headers).toMatchObject({ 'taskwell-revision': '1', 'cache-control': 'private, no-cache' })
    expect((await get(ada)).text).toBe(first.text)
    app.setNow(new Date('2026-11-23T09:31:00.000Z'))
    const later = await get(ada, '', etag)
    expect(later.status).toBe(200)
    expect(JSON.parse(later.text)).toMatchObject({ asOf: '2026-11-23T09:31:00.000Z', totals: { overdue: 1 } })
    await ada.client.createTask({ body: { title: 'Write' } })
    const moved = await get(ada, '', later.headers.etag)
    expect(moved.status).toBe(200)
    expect(JSON.parse(moved.text)).toMatchObject({ revision: 2, totals: { total: 2 } })
  })

  test('ETags differ between users, zones and numbers of days', async () => {
    app.setNow(new Date('2026-11-23T09:30:00Z'))
    const [ada, eve] = [await app.createUser(), await app.createUser('Eve')]
    const replies = [get(ada), get(eve), get(ada, '?days=31'), get(ada, '?timeZone=Asia/Tokyo')]
    const etags = (await Promise.all(replies)).map(({ headers }) => headers.etag)
    expect(new Set(etags).size).toBe(4)
    await ada.client.updateAccount({ body: { timeZone: 'Asia/Tokyo' } })
    expect((await get(ada, '', etags[0])).status).toBe(200)
  })

  test('an event of real time brings the revision with which the figures come', async () => {
    const ada = await app.createUser()
    const before = app.events.length
    await ada.client.createTask({ body: { title: 'Read', completed: true } })
    const { revision } = JSON.parse((await get(ada)).text)
    expect(app.events.slice(before).map((event) => event.revision)).toEqual([revision])
  })

  test.each(['days=0', 'days=367', 'days=1.5', 'timeZone=%2B02:00', 'timeZone=Mars/Olympus', 'day=1', 'days=1&days=2'])(
    'refuses %s',
    async (query) => {
      const ada = await app.createUser()
      expectProblem(await get(ada, `?${query}`), 422, 'validation_failed')
    },
  )

  test('recent activity is paged, and unchanged while nothing happens', async () => {
    const ada = await app.createUser()
    for (const title of ['a', 'b', 'c']) await ada.client.createTask({ body: { title } })
    const { body } = await ada.client.listActivity({ query: { limit: 2 } })
    expect(body.items.map(({ title, kind }) => [title, kind])).toEqual([
      ['c', 'task.created'],
      ['b', 'task.created'],
    ])
    const next = await ada.client.listActivity({ query: { cursor: body.nextCursor ?? '' } })
    expect(next.body).toMatchObject({ items: [{ title: 'a', revision: 1 }], nextCursor: null })
    const path = '/api/dashboard/activity'
    const headers = { authorization: `Bearer ${ada.token}` }
    const etag = (await requests.send({ path, headers })).headers.etag ?? ''
    expect((await requests.send({ path, headers: { ...headers, 'if-none-match': etag } })).status).toBe(304)
    for (const limit of [0, 201]) {
      expectProblem(await requests.send({ path: `${path}?limit=${limit}`, headers }), 422, 'validation_failed')
    }
  })
})
