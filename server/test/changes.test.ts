import { randomUUID } from 'node:crypto'
import type { ChangeQuery, Task } from '@taskwell/api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listChanges } from '../src/changes/index.ts'
import { deleteTask, emptyBin, eraseTask, restoreTask, updateTask } from '../src/tasks/index.ts'
import { add, createUser, type TestUser } from '../src/tasks/testing.ts'
import { databases, type TestDatabase } from './databases.ts'

describe.each(databases)('the feed of changes on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  async function pull(user: TestUser, query: ChangeQuery) {
    const { body } = await listChanges(user, { query })
    return { ...body, tasks: body.changes.map((change) => change.task) }
  }

  function setFloor({ caller }: TestUser, floor: number) {
    return store.db.updateTable('spaces').set({ floor }).where('id', '=', caller.spaceId).execute()
  }

  test('an empty space brings a client to revision 0', async () => {
    const user = await createUser(store.db)
    const page = await listChanges(user, { query: { since: 0 } })
    const epoch = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(page).toEqual({ body: { changes: [], revision: 0, epoch, hasMore: false, next: null }, revision: 0 })
  })

  test('tells each task once, as it is now, in the order of revisions, with tombstones of erased ones', async () => {
    const user = await createUser(store.db)
    const kept = await add(user, { title: 'kept' })
    const binned = await add(user, { title: 'binned' })
    const erased = await add(user, { title: 'erased', description: 'secret' })
    await deleteTask(user, { params: { id: erased.id } })
    await eraseTask(user, { params: { id: erased.id } })
    await deleteTask(user, { params: { id: binned.id } })
    const { body: changed } = await updateTask(user, { params: { id: kept.id }, body: { title: 'changed' } })
    const page = await pull(user, { since: 0 })
    const deletedAt = user.now.toISOString()
    expect(page.tasks).toEqual([
      { ...erased, title: '', description: null, version: 3, revision: 5, deletedAt },
      { ...binned, version: 2, revision: 6, deletedAt },
      changed,
    ])
    expect(page).toMatchObject({ revision: 7, hasMore: false, next: null })
    expect((await pull(user, { since: 6 })).tasks).toEqual([changed])
    expect((await pull(user, { since: 7 })).tasks).toEqual([])
  })

  test('a device that pulls page by page while tasks change ends with what there is', async () => {
    const step = fc.record({
      action: fc.constantFrom('add', 'change', 'delete', 'restore', 'erase', 'empty', 'page', 'page'),
      pick: fc.nat(20),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, limit) => {
        const user = await createUser(store.db)
        const ids: string[] = []
        const device = new Map<string, Task>()
        let place = { since: 0, next: null as string | null }
        const turnPage = async () => {
          const query = place.next === null ? { since: place.since } : { cursor: place.next }
          const page = await pull(user, { ...query, limit })
          for (const task of page.tasks) device.set(task.id, task)
          expect(
            page.tasks.every((task, index) => task.revision > (page.tasks[index - 1]?.revision ?? place.since)),
          ).toBe(true)
          place = { since: page.revision, next: page.next }
          return page.hasMore
        }
        for (const { action, pick } of steps) {
          const params = { id: ids[pick % ids.length] ?? randomUUID() }
          if (action === 'add') ids.push((await add(user, { title: `t${pick}` })).id)
          else if (action === 'page') await turnPage()
          else if (action === 'empty') await emptyBin(user)
          else {
            const body = { title: `changed ${pick}` }
            const writes = { change: updateTask, delete: deleteTask, restore: restoreTask, erase: eraseTask }
            await writes[action](user, { params, body }).catch(() => {})
          }
        }
        while (await turnPage());
        const whole = await pull(user, { since: 0, limit: 1_000 })
        expect([...device.values()].toSorted((a, b) => a.revision - b.revision)).toEqual(whole.tasks)
        expect(whole.tasks.map((task) => task.id).toSorted()).toEqual(ids.toSorted())
        expect(place.since).toBe(whole.revision)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('a page ends at a mebibyte of text, and the next one goes on', async () => {
    const user = await createUser(store.db)
    const description = '会'.repeat(20_000)
    for (let index = 0; index < 20; index++) await add(user, { title: `t${index}`, description })
    const page = await pull(user, { since: 0 })
    expect(page).toMatchObject({ revision: 17, hasMore: true, next: expect.any(String) })
    const rest = await pull(user, { cursor: page.next ?? '' })
    expect(rest.tasks.map((task) => task.revision)).toEqual([18, 19, 20])
    expect(rest).toMatchObject({ revision: 20, hasMore: false, next: null })
  })

  test('a client is told to start over when tombstones are gone, the store was restored or it is ahead', async () => {
    const user = await createUser(store.db)
    for (let index = 0; index < 6; index++) await add(user, { title: `t${index}` })
    const { epoch } = await pull(user, { since: 0 })
    const { next } = await pull(user, { since: 1, limit: 1 })
    const cursor = next ?? ''
    await setFloor(user, 4)
    const gone = { code: 'resync_required' }
    for (const query of [{ since: 3 }, { since: 7 }, { since: 5, epoch: 'another' }, { cursor }]) {
      await expect(pull(user, query)).rejects.toMatchObject(gone)
    }
    expect((await pull(user, { since: 4, epoch })).tasks).toHaveLength(2)
    expect((await pull(user, { since: 6, epoch })).tasks).toHaveLength(0)
    const copy = await pull(user, { since: 0, epoch: 'another', limit: 2 })
    expect((await pull(user, { cursor: copy.next ?? '' })).tasks).toHaveLength(4)
    await store.db.updateTable('settings').set({ value: randomUUID() }).where('name', '=', 'epoch').execute()
    await expect(pull(user, { cursor: copy.next ?? '' })).rejects.toMatchObject(gone)
    await expect(pull(user, { since: 5, epoch })).rejects.toMatchObject(gone)
  })

  test('asks for a start, and takes a cursor of its own user and pull only', async () => {
    const [user, other] = [await createUser(store.db), await createUser(store.db)]
    for (let index = 0; index < 3; index++) await add(user, { title: `t${index}` })
    const cursor = (await pull(user, { since: 0, limit: 1 })).next ?? ''
    const refusals = [
      { who: user, query: {}, path: '/query/since' },
      { who: other, query: { cursor }, path: '/query/cursor' },
      { who: user, query: { since: 1, cursor }, path: '/query/cursor' },
      { who: user, query: { cursor: `${cursor}x` }, path: '/query/cursor' },
    ]
    for (const { who, query, path } of refusals) {
      const details = { errors: [{ path, message: expect.any(String) }] }
      await expect(pull(who, query)).rejects.toMatchObject({ code: 'validation_failed', details })
    }
    expect((await pull(other, { since: 0 })).tasks).toEqual([])
    expect((await pull(user, { since: 0, cursor })).tasks).toHaveLength(2)
  })

  test('pages are of one moment each while writes go on', async () => {
    const user = await createUser(store.db)
    const writing = Promise.all(Array.from({ length: 60 }, (_, index) => add(user, { title: `t${index}` })))
    for (let pages = 0; pages < 30; pages++) {
      const page = await pull(user, { since: 0 })
      expect(page.tasks).toHaveLength(page.revision)
    }
    await writing
  })
})
