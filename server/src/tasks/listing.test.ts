import { setImmediate as nextTurn } from 'node:timers/promises'
import { type NewTask, type Task, type TaskQuery, taskSorts } from '@taskwell/api'
import fc from 'fast-check'
import { CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { titleKey } from '../text/index.ts'
import { createTask, deleteTask, listTasks, updateTask } from './index.ts'
import { pageRequest } from './list-tasks.ts'
import { selectPage } from './page-query.ts'
import { add, addAll, createUser, list, listAll, type TestUser, titles } from './testing.ts'

const sorts = taskSorts.flatMap((sort) => [sort, `-${sort}`] as const)

describe.each(databases)('listing tasks on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test('an empty space has an empty page, with the revision', async () => {
    const user = await createUser(store.db)
    const outcome = await listTasks(user, { query: { count: 'exact' } })
    expect(outcome).toEqual({ body: { items: [], nextCursor: null, total: 0 }, revision: 0 })
    expect((await listTasks(user, { query: {} })).body).toEqual({ items: [], nextCursor: null })
  })

  test('filters combine', async () => {
    const user = await createUser(store.db)
    user.now = new Date('2026-11-01T00:00:00.000Z')
    await add(user, { title: 'a', priority: 'high', completed: true })
    user.now = new Date('2026-11-02T00:00:00.000Z')
    await add(user, { title: 'b', priority: 'low' })
    const { id } = await add(user, { title: 'c' })
    user.now = new Date('2026-11-03T00:00:00.000Z')
    await updateTask(user, { params: { id }, body: { title: 'd' } })
    expect(await titles(user, { completed: true })).toEqual(['a'])
    expect(await titles(user, { completed: false })).toEqual(['d', 'b'])
    expect(await titles(user, { priority: ['high', 'low', 'high'] })).toEqual(['b', 'a'])
    expect(await titles(user, { priority: [] })).toEqual(['d', 'b', 'a'])
    expect(await titles(user, { createdFrom: '2026-11-02T00:00:00.000Z' })).toEqual(['d', 'b'])
    expect(await titles(user, { createdTo: '2026-11-01T00:00:00.000Z' })).toEqual(['a'])
    expect(await titles(user, { updatedFrom: '2026-11-02T00:00:00.001Z' })).toEqual(['d'])
    expect(await titles(user, { updatedTo: '2026-11-02T00:00:00.000Z', priority: ['low'] })).toEqual(['b'])
    expect(await list(user, { completed: false, limit: 1, count: 'exact', q: 'd' })).toMatchObject({ total: 1 })
  })

  test('sorts by what each sort means, tasks without the value last both ways', async () => {
    const user = await createUser(store.db)
    const bodies: NewTask[] = [
      { title: 'Zebra', dueDate: '2026-11-23', priority: 'low' },
      { title: 'ärger', dueDate: '2026-11-23', dueTime: '09:00', priority: 'high', completed: true },
      { title: 'Banane' },
      { title: 'apfel', dueDate: '2026-11-22', dueTime: '10:00', dueTimeZone: 'Asia/Tokyo', completed: true },
    ]
    for (const body of bodies) {
      await add(user, body)
      user.now = new Date(user.now.getTime() + 1_000)
    }
    const initials = async (sort: NonNullable<TaskQuery['sort']>) => {
      const found = await titles(user, { sort })
      return found.map((title) => title[0]).join('')
    }
    expect(await initials('createdAt')).toBe('ZäBa')
    expect(await initials('-createdAt')).toBe('aBäZ')
    expect(await initials('-updatedAt')).toBe('aBäZ')
    expect(await initials('title')).toBe('aäBZ')
    expect(await initials('-title')).toBe('ZBäa')
    expect(await initials('dueDate')).toBe('aäZB')
    expect(await initials('-dueDate')).toBe('äZaB')
    expect(await initials('priority')).toBe('äBaZ')
    expect(await initials('-priority')).toBe('ZaBä')
    expect(await initials('completedAt')).toBe('äaZB')
    expect(await initials('-completedAt')).toBe('aäBZ')
    expect(await initials('deletedAt')).toBe('ZäBa')
    expect(await initials('-deletedAt')).toBe('aBäZ')
  })

  test('pages have every task once, in order, for every sort, ties and missing values included', async () => {
    const user = await createUser(store.db)
    for (let index = 0; index < 60; index++) await add(user, manyTies(index, user))
    for (let index = 0; index < 25; index++) {
      const task = await add(user, manyTies(index, user))
      await deleteTask(user, { params: { id: task.id } })
    }
    const lists = fc.record({
      sort: fc.constantFrom(...sorts),
      deleted: fc.boolean(),
      limit: fc.integer({ min: 1, max: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(lists, fc.boolean(), async (query, isFiltered) => {
        const filtered: TaskQuery = isFiltered ? { ...query, q: 'T', priority: ['low', 'high'] } : query
        const whole = await list(user, { ...filtered, limit: 200, count: 'exact' })
        expect(whole.nextCursor).toBeNull()
        expect(whole.items).toHaveLength(whole.total ?? -1)
        if (!isFiltered) expect(whole.total).toBe(query.deleted ? 25 : 60)
        const { items, pages } = await listAll(user, filtered)
        expect(items).toEqual(whole.items)
        expect(pages).toBe(Math.max(1, Math.ceil(items.length / query.limit)))
        expect(items).toEqual(items.toSorted(inOrderOf(query.sort)))
      }),
      { numRuns: 80 },
    )
  }, 60_000)

  test('a task that does not change is neither skipped nor repeated while others do', async () => {
    const user = await createUser(store.db)
    const tasks: Task[] = []
    for (let index = 0; index < 30; index++) tasks.push(await add(user, { title: `t${index % 3}` }))
    const seen: string[] = []
    let cursor: string | undefined
    for (let page = 0; ; page++) {
      const { items, nextCursor } = await list(user, { sort: 'title', limit: 4, ...(cursor && { cursor }) })
      seen.push(...items.map((task) => task.id))
      const last = items.at(-1)
      if (!last || nextCursor === null) break
      cursor = nextCursor
      await deleteTask(user, { params: { id: last.id } })
      await add(user, { title: `t${page % 3}` })
      await updateTask(user, { params: { id: tasks[0]?.id ?? '' }, body: { title: `t${page % 3} again` } }).catch(
        () => {},
      )
    }
    const counted = (id: string) => seen.filter((other) => other === id).length
    for (const task of tasks.slice(1)) expect(counted(task.id)).toBe(1)
  })

  test('a cursor is of use only to its user and query', async () => {
    const [user, other] = [await createUser(store.db), await createUser(store.db)]
    for (let index = 0; index < 3; index++) {
      for (const owner of [user, other]) await add(owner, { title: `t${index}` })
    }
    const query: TaskQuery = { limit: 1, priority: ['medium', 'low'], completed: false }
    const cursor = (await list(user, query)).nextCursor ?? ''
    const details = { errors: [{ path: '/query/cursor', message: expect.any(String) }] }
    const refusal = { code: 'validation_failed', details }
    await expect(list(other, { ...query, cursor })).rejects.toMatchObject(refusal)
    for (const change of [
      { completed: true },
      { sort: 'title' as const },
      { q: 'x' },
      { timeZone: 'UTC' },
      { deleted: true },
    ]) {
      await expect(list(user, { ...query, ...change, cursor })).rejects.toMatchObject(refusal)
    }
    for (const broken of [
      '',
      'x',
      '%',
      cursor.slice(1),
      cursor.slice(0, -2),
      `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`,
      `${cursor}AAAA`,
      `${cursor}%`,
    ]) {
      await expect(list(user, { ...query, cursor: broken })).rejects.toMatchObject(refusal)
    }
    await expect(list({ ...user, secret: 'another' }, { ...query, cursor })).rejects.toMatchObject(refusal)
    const same: TaskQuery = { completed: false, sort: '-createdAt', deleted: false, priority: ['low', 'medium'] }
    expect((await list(user, { ...same, cursor, limit: 2, count: 'exact' })).items).toHaveLength(2)
  })

  test('a page ends at a mebibyte of text, and the next one goes on', async () => {
    const user = await createUser(store.db)
    // 60,000 bytes of UTF-8 in 20,000 code points.
    const description = '会'.repeat(20_000)
    await addAll(
      user,
      Array.from({ length: 40 }, (_, index) => ({ title: `t${index}`, description })),
    )
    const { items, nextCursor } = await list(user, { limit: 200 })
    expect(items).toHaveLength(17)
    expect(nextCursor).not.toBeNull()
    expect((await listAll(user, { limit: 200 })).items).toHaveLength(40)
    expect((await listAll(user, { limit: 17 })).pages).toBe(3)
  })

  test('items, total and revision are of one moment', async () => {
    const user = await createUser(store.db)
    let isWriting = true
    const writing = (async () => {
      for (let index = 0; index < 150; index++) await createTask(user, { body: { title: `t${index}` } })
      isWriting = false
    })()
    let lists = 0
    while (isWriting) {
      const { body, revision } = await listTasks(user, { query: { count: 'exact', limit: 200 } })
      expect([body.items.length, body.total, body.items[0]?.revision ?? 0]).toEqual([revision, revision, revision])
      lists++
      // As between requests: commits are made when a turn of the event loop is over.
      await nextTurn()
    }
    await writing
    expect(lists).toBeGreaterThan(3)
  })

  test('no list reads the tasks of everybody', async () => {
    const user = await createUser(store.db, 'Europe/Berlin')
    for (let index = 0; index < 50; index++) await add(user, manyTies(index, user))
    await store.db.transaction().execute(async (db) => {
      if (database.kind === 'postgres') await sql`set local enable_seqscan = off`.execute(db)
      for (const query of everyKindOfList) {
        const statement = selectPage(db, await pageRequest({ ...user, db }, query)).compile()
        const explain = database.kind === 'sqlite' ? 'explain query plan ' : 'explain '
        const raw = CompiledQuery.raw(explain + statement.sql, [...statement.parameters])
        const { rows } = await db.executeQuery<PlanStep>(raw)
        const found = { query, plan: JSON.stringify(rows) }
        expect(found).toEqual({ query, plan: expect.stringMatching(/Index.* Scan.*tasks|SEARCH tasks USING/) })
        expect(found).toEqual({ query, plan: expect.not.stringMatching(/SCAN tasks|Seq Scan on tasks/) })
        // A list without search and filters takes its page from an index in order, whatever the number of tasks.
        const isPlain = Object.keys(query).every((name) => name === 'sort' || name === 'completed')
        if (database.kind === 'sqlite' && isPlain)
          expect(found).toEqual({ query, plan: expect.not.stringMatching(sorted(rows)) })
        // A search looks at what the index finds rather than at all tasks of the user.
        if (database.kind === 'sqlite' && query.q !== undefined)
          expect(found).toEqual({ query, plan: expect.stringMatching(/SEARCH tasks USING INTEGER PRIMARY KEY/) })
      }
    })
  })

  test.each([database].filter(({ kind }) => kind === 'sqlite'))(
    'nearly all tasks being due, a list on %s takes its page in order',
    async () => {
      const user = await createUser(store.db)
      const [task] = await addAll(user, [{ title: 'Late', dueDate: '2026-01-01' }])
      const isSorted = async (query: TaskQuery): Promise<boolean> => {
        const statement = selectPage(store.db, await pageRequest(user, query)).compile()
        const raw = CompiledQuery.raw(`explain query plan ${statement.sql}`, [...statement.parameters])
        const { rows } = await store.db.executeQuery<PlanStep>(raw)
        return sorted(rows).test(JSON.stringify(rows))
      }
      expect(await isSorted({ due: 'overdue' })).toBe(true)
      await sql`
      with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 3000)
      insert into tasks (space_id, id, title, priority, due_date, version, revision, created_at, updated_at, title_key, search_text)
      select space_id, id || number, title, priority, due_date, 1, number + 1, created_at, updated_at, title_key, search_text
      from tasks, numbers where id = ${task?.id}`.execute(store.db)
      expect(await isSorted({ due: 'overdue' })).toBe(false)
      expect(await isSorted({ due: 'any' })).toBe(false)
      expect(await isSorted({ due: 'any', sort: '-dueDate' })).toBe(false)
      expect(await isSorted({ due: 'none', sort: '-dueDate' })).toBe(false)
      expect(await isSorted({ due: 'overdue', sort: '-dueDate' })).toBe(false)
      expect((await list(user, { due: 'overdue', count: 'exact', limit: 1 })).total).toBe(3_001)
    },
  )
})

interface PlanStep {
  readonly id?: number
  readonly parent?: number
  readonly detail?: string
}

/** How SQLite tells that it sorts what it picks for a page. */
function sorted(steps: readonly PlanStep[]): RegExp {
  const pick = steps.find((step) => step.detail === 'CO-ROUTINE picked')
  return new RegExp(`"parent":${pick?.id},"notused":\\d+,"detail":"USE TEMP B-TREE`)
}

const everyKindOfList: TaskQuery[] = [
  {},
  { count: 'exact' },
  ...sorts.flatMap((sort) => [{ sort }, { sort, deleted: true }, { sort, completed: false }, { sort, q: 'task' }]),
  ...(['overdue', 'today', 'week', 'upcoming', 'none', 'any'] as const).flatMap((due) => [
    { due },
    { due, sort: 'dueDate' as const, count: 'exact' as const },
  ]),
  { q: 'ab' },
  { q: 'absent', count: 'exact' },
  { priority: ['high'], completed: false },
  { dueFrom: '2026-11-01', dueTo: '2026-11-30' },
  { createdFrom: '2026-11-01T00:00:00.000Z', updatedTo: '2026-11-30T00:00:00.000Z' },
]

function manyTies(index: number, user: TestUser): NewTask {
  user.now = new Date(Date.parse('2026-11-23T09:30:00.000Z') + (index % 4) * 60_000)
  return {
    title: ['T', 't', 'Tä', 'ta b', '\u{1f600} t', '\uff5e t'][index % 6] ?? '',
    completed: index % 3 === 0,
    priority: (['high', 'medium', 'low'] as const)[index % 3] ?? 'low',
    dueDate: index % 2 === 0 ? null : `2026-11-2${index % 3}`,
    dueTime: index % 4 === 1 ? '10:00' : null,
  }
}

/** The order of the contract, over wire tasks. */
function inOrderOf(sort: (typeof sorts)[number]): (a: Task, b: Task) => number {
  const sign = sort.startsWith('-') ? -1 : 1
  const last = sign === 1 ? '\u{10ffff}' : ''
  const keys: Record<string, (task: Task) => string> = {
    createdAt: (task) => task.createdAt,
    updatedAt: (task) => task.updatedAt,
    dueDate: (task) => (task.dueDate === null ? last : `${task.dueDate}T${task.dueTime ?? last}`),
    priority: (task) => String(['high', 'medium', 'low'].indexOf(task.priority)),
    title: (task) => titleKey(task.title),
    completedAt: (task) => task.completedAt ?? last,
    deletedAt: (task) => task.deletedAt ?? last,
  }
  const keyOf = keys[sort.replace('-', '')]
  return (a, b) => sign * (compareBytes(keyOf?.(a) ?? '', keyOf?.(b) ?? '') || compareBytes(a.id, b.id))
}

/** UTF-8 sorts as code points do. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
