import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { deleteTask } from './delete-task.ts'
import { eraseTask } from './erase-task.ts'
import { findSpaceRevision } from './queries.ts'
import { restoreTask } from './restore-task.ts'
import { listHistoryUpTo, listTasksAt } from './snapshot.ts'
import { add, createUser, type TestUser } from './testing.ts'
import { undoChange } from './undo-change.ts'
import { updateTask } from './update-task.ts'

describe.each(databases)('tasks as of a revision on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  async function allAt({ db, caller: { spaceId } }: TestUser, revision: number) {
    const items = []
    let after: string | undefined
    do {
      const page = await listTasksAt(db, { spaceId, revision, after, limit: 2 })
      items.push(...page.items)
      after = page.next
    } while (after !== undefined)
    return items
  }

  /** Writes of every kind, one a minute; answers what there was after each. */
  async function writeALot(user: TestUser): Promise<Map<number, unknown>> {
    const [one, two] = [await add(user, { title: 'One' }), await add(user, { title: 'Two', dueDate: '2027-01-01' })]
    const writes: (() => Promise<unknown>)[] = [
      () => updateTask(user, { params: one, body: { title: 'Other', completed: true } }),
      () => updateTask(user, { params: one, body: { completed: false, priority: 'high' } }),
      () => add(user, { title: 'Three' }),
      () => deleteTask(user, { params: two }),
      () => updateTask(user, { params: one, body: { description: 'More' } }),
      () => restoreTask(user, { params: two }),
      () => undoChange(user, { params: { revision: '3' } }).catch(() => undefined),
      () => updateTask(user, { params: two, body: { dueDate: null } }),
      () => add(user, { title: 'Four', completed: true }),
      () => deleteTask(user, { params: one }),
    ]
    const known = new Map<number, unknown>()
    for (const write of writes) {
      user.now = new Date(user.now.getTime() + 60_000)
      await write()
      const revision = await findSpaceRevision(user.db, user.caller.spaceId)
      known.set(revision, await allAt(user, revision))
    }
    return known
  }

  test('are what they were then, whatever has happened since', async () => {
    const user = await createUser(store.db)
    const known = await writeALot(user)
    expect(known.size).toBeGreaterThan(8)
    for (const [revision, tasks] of known) expect(await allAt(user, revision), `revision ${revision}`).toEqual(tasks)
  })

  test('leave out what was erased since', async () => {
    const user = await createUser(store.db)
    const task = await add(user, { title: 'Secret' })
    await deleteTask(user, { params: task })
    const before = await allAt(user, 2)
    await eraseTask(user, { params: task })
    expect(before).toHaveLength(1)
    expect(await allAt(user, 2)).toEqual([])
  })

  test('come with the history up to then, page by page', async () => {
    const user = await createUser(store.db)
    await writeALot(user)
    const { spaceId } = user.caller
    const first = await listHistoryUpTo(user.db, { spaceId, revision: 7, after: undefined, limit: 5 })
    const second = await listHistoryUpTo(user.db, { spaceId, revision: 7, after: first.next, limit: 5 })
    const revisions = [...first.items, ...second.items].map(({ revision }) => revision)
    expect(revisions).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(second.next).toBeUndefined()
  })
})
