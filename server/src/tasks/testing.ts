import type { NewTask, Task, TaskPage, TaskQuery } from '@taskwell/api'
import { randomUUID } from 'node:crypto'
import type { Context, SpaceChanged } from '../context.ts'
import type { Database } from '../database/open.ts'
import { batchTasks } from './batch-tasks.ts'
import { createTask } from './create-task.ts'
import { listTasks } from './list-tasks.ts'
import { takeRevisions } from './queries.ts'

/** A user of the store as verbs see them, for tests: the clock can be set, and events are kept. */
export interface TestUser extends Context {
  now: Date
  readonly events: SpaceChanged[]
  readonly visit: { headers: Record<string, string>; ip: string }
}

export async function createUser(db: Database, timeZone = 'UTC'): Promise<TestUser> {
  const [userId, spaceId, at] = [randomUUID(), randomUUID(), new Date().toISOString()]
  await db
    .insertInto('users')
    .values({
      id: userId,
      name: 'Ada',
      email: `${userId}@example.org`,
      email_verified: true,
      image: null,
      time_zone: timeZone,
      two_factor_enabled: false,
      created_at: at,
      updated_at: at,
    })
    .execute()
  await db
    .insertInto('spaces')
    .values({ id: spaceId, owner_id: userId, revision: 0, floor: 0, created_at: at })
    .execute()
  const events: SpaceChanged[] = []
  const silent = () => {}
  return {
    db,
    caller: { userId, spaceId, timeZone, revision: 0, sessionId: null, by: { kind: 'session', name: 'Test' } },
    now: new Date('2026-11-23T09:30:15.250Z'),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    secret: 'a secret of at least thirty-two characters',
    publish: (event) => void ('spaceId' in event && events.push(event)),
    events,
    visit: { headers: {}, ip: '127.0.0.1' },
  }
}

export async function add(user: TestUser, body: NewTask): Promise<Task> {
  const { body: task } = await createTask(user, { body })
  return task
}

/** The same for many, in a few writes. */
export async function addAll(user: TestUser, bodies: readonly NewTask[]): Promise<Task[]> {
  const tasks: Task[] = []
  for (let first = 0; first < bodies.length; first += 100) {
    const operations = bodies.slice(first, first + 100).map((task) => ({ op: 'create' as const, task }))
    const { body } = await batchTasks(user, { body: { operations } })
    tasks.push(...body.results.map(({ task }) => task))
  }
  return tasks
}

/** Puts tasks with these ids into the bin, the first at the lowest revision, as if they had been made and deleted. */
export async function putInBin({ db, caller, now }: TestUser, ids: readonly string[]): Promise<void> {
  const at = now.toISOString()
  const times = { created_at: at, updated_at: at, completed_at: null, deleted_at: at, erased_at: null }
  const due = { due_date: null, due_time: null, due_time_zone: null, due_at: null }
  const last = await takeRevisions(db, caller.spaceId, ids.length)
  const rows = ids.map((id, index) => ({
    space_id: caller.spaceId,
    id,
    title: 'x',
    description: null,
    priority: 2,
    ...due,
    ...times,
    version: 2,
    revision: last - ids.length + 1 + index,
    title_key: 'x',
    search_text: 'x',
  }))
  for (let first = 0; first < rows.length; first += 500)
    await db
      .insertInto('tasks')
      .values(rows.slice(first, first + 500))
      .execute()
}

export async function list(user: TestUser, query: TaskQuery = {}): Promise<TaskPage> {
  const { body } = await listTasks(user, { query })
  return body
}

/** The tasks of all pages, with how many there were. */
export async function listAll(user: TestUser, query: TaskQuery): Promise<{ items: Task[]; pages: number }> {
  const items: Task[] = []
  let cursor: string | undefined
  for (let pages = 1; ; pages++) {
    const page = await list(user, { ...query, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    if (page.nextCursor === null) return { items, pages }
    cursor = page.nextCursor
  }
}

export async function titles(user: TestUser, query: TaskQuery = {}): Promise<string[]> {
  const { items } = await listAll(user, query)
  return items.map((task) => task.title)
}
