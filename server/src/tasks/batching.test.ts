import { randomUUID } from 'node:crypto'
import type { Operation } from '@taskwell/api'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { batchTasks } from './index.ts'
import { add, createUser, list, type TestUser } from './testing.ts'

describe.each(databases)('a batch on %s', (database) => {
  let store: TestDatabase
  let user: TestUser
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    user = await createUser(store.db)
  })

  function batch(...operations: Operation[]) {
    return batchTasks(user, { body: { operations } })
  }

  function rowsOf({ caller }: TestUser) {
    return store.db
      .selectFrom('changes')
      .selectAll()
      .where('space_id', '=', caller.spaceId)
      .orderBy('revision')
      .execute()
  }

  test('does everything in order as one write, a revision each, and tells it once after the commit', async () => {
    const old = await add(user, { title: 'old' })
    const id = randomUUID()
    user.events.length = 0
    const { body, revision } = await batch(
      { op: 'create', task: { id, title: 'new' } },
      { op: 'update', id, changes: { completed: true }, ifVersion: 1 },
      { op: 'update', id, changes: { title: 'new' } },
      { op: 'delete', id: old.id, ifVersion: 1 },
      { op: 'delete', id, ifVersion: 2 },
      { op: 'restore', id },
    )
    expect(body.results.map(({ op, task }) => [op, task.id === id, task.version, task.revision])).toEqual([
      ['create', true, 1, 2],
      ['update', true, 2, 3],
      ['update', true, 2, 3],
      ['delete', false, 2, 4],
      ['delete', true, 3, 5],
      ['restore', true, 4, 6],
    ])
    expect([body.revision, revision]).toEqual([6, 6])
    expect(body.results.map(({ task }) => task.deletedAt !== null)).toEqual([false, false, false, true, true, false])
    const rows = await rowsOf(user)
    expect(rows.map((row) => row.revision)).toEqual([1, 2, 3, 4, 5, 6])
    expect(new Set(rows.slice(1).map((row) => row.write_id)).size).toBe(1)
    expect(rows[0]?.write_id).not.toBe(rows[1]?.write_id)
    expect(user.events).toEqual([{ spaceId: user.caller.spaceId, revision: 6 }])
    expect((await list(user)).items).toEqual([body.results.at(-1)?.task])
  })

  test('leaves nothing of itself when one operation is refused, and tells which', async () => {
    const task = await add(user, { title: 'a', dueDate: '2026-12-01', dueTime: '10:00' })
    user.events.length = 0
    const begin: Operation[] = [
      { op: 'create', task: { title: 'lost' } },
      { op: 'update', id: task.id, changes: { title: 'lost' } },
    ]
    const fault = { path: '/body/operations/2/changes/dueTime', message: expect.any(String) }
    const failing: [Operation, object][] = [
      [
        { op: 'update', id: randomUUID(), changes: {} },
        { code: 'not_found', details: { members: { index: 2 } } },
      ],
      [
        { op: 'restore', id: randomUUID() },
        { code: 'not_found', details: { members: { index: 2 } } },
      ],
      [
        { op: 'delete', id: task.id, ifVersion: 1 },
        { code: 'precondition_failed', details: { members: { index: 2, current: task } } },
      ],
      [
        { op: 'create', task: { id: task.id, title: 'b' } },
        { code: 'conflict', details: { members: { index: 2 } } },
      ],
      [
        { op: 'update', id: task.id, changes: { dueDate: null } },
        { code: 'validation_failed', details: { members: { index: 2 }, errors: [fault] } },
      ],
    ]
    for (const [operation, refusal] of failing) await expect(batch(...begin, operation)).rejects.toMatchObject(refusal)
    expect((await list(user)).items).toEqual([task])
    expect(await rowsOf(user)).toHaveLength(1)
    expect(user.events).toEqual([])
  })

  test('is judged as a whole before any task is looked at', async () => {
    const fault = { path: '/body/operations/1/task/dueTime', message: expect.any(String) }
    const refusal = { code: 'validation_failed', details: { members: { index: 1 }, errors: [fault] } }
    const operations: Operation[] = [
      { op: 'delete', id: randomUUID() },
      { op: 'create', task: { title: 'a', dueTime: '10:00' } },
    ]
    await expect(batch(...operations)).rejects.toMatchObject(refusal)
  })

  test('that changes nothing tells nobody and answers the revision there is', async () => {
    const task = await add(user, { title: 'a' })
    user.events.length = 0
    const { body } = await batch({ op: 'update', id: task.id, changes: { title: 'a' } }, { op: 'restore', id: task.id })
    expect(body).toEqual({
      results: [
        { op: 'update', task },
        { op: 'restore', task },
      ],
      revision: 1,
    })
    expect(user.events).toEqual([])
  })

  test('does not reach the tasks of another user', async () => {
    const other = await createUser(store.db)
    const { id } = await add(other, { title: 'theirs' })
    const theirs: Operation[] = [
      { op: 'update', id, changes: { title: 'x' } },
      { op: 'delete', id },
      { op: 'restore', id },
    ]
    for (const operation of theirs) await expect(batch(operation)).rejects.toMatchObject({ code: 'not_found' })
    expect((await list(other)).items).toMatchObject([{ title: 'theirs', version: 1 }])
  })
})
