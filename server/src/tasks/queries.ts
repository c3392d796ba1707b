import type { Task } from '@taskwell/api'
import { type Insertable, sql, type Updateable } from 'kysely'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import type { ChangesTable, TasksTable } from '../database/schema.ts'
import { accountGone } from '../errors.ts'
import { isTaskRow, type MaybeTaskRow, taskColumns, toTask } from './task-row.ts'

/** What an id stands for in a space, beside the space's revision, from one snapshot. */
export interface Found {
  /** Undefined when there is none, or it is erased. */
  readonly task: Task | undefined
  /** Whether the id was used by a task that is erased. */
  readonly isErased: boolean
  readonly spaceRevision: number
}

export async function findTask(db: Database, spaceId: string, id: string): Promise<Found> {
  const [row] = await selectTask(db, { spaceId, id })
  if (!row) throw accountGone()
  const isErased = row.erased_at !== null
  const task = isTaskRow(row) && !isErased ? toTask(row) : undefined
  return { task, isErased, spaceRevision: row.space_revision }
}

const selectTask = prepared((db, { spaceId, id }: { spaceId: string; id: string }) =>
  db
    .selectFrom('spaces')
    .leftJoin('tasks', (join) => join.onRef('tasks.space_id', '=', 'spaces.id').on('tasks.id', '=', id))
    .select(['spaces.revision as space_revision', ...taskColumns])
    .where('spaces.id', '=', spaceId)
    .$castTo<MaybeTaskRow & { space_revision: number }>(),
)

export async function findSpaceRevision(db: Database, spaceId: string): Promise<number> {
  const row = await db
    .selectFrom('spaces')
    .select('revision')
    .where('id', '=', spaceId)
    .executeTakeFirstOrThrow(accountGone)
  return row.revision
}

/** Takes the next `count` revisions of the space; the answer is the last of them. The space is locked from here on. */
export async function takeRevisions(db: Database, spaceId: string, count: number): Promise<number> {
  return (await moveSpace(db, spaceId, count)).revision
}

/** The same, and how many tasks the space has outside the bin. */
export async function moveSpace(
  db: Database,
  spaceId: string,
  count: number,
): Promise<{ revision: number; taskCount: number }> {
  const [space] = await updateSpace(db, { spaceId, count })
  if (!space) throw accountGone()
  return { revision: space.revision, taskCount: space.task_count }
}

const updateSpace = prepared((db, { spaceId, count }: { spaceId: string; count: number }) =>
  db
    .updateTable('spaces')
    .set((eb) => ({ revision: eb('revision', '+', count) }))
    .where('id', '=', spaceId)
    .returning(['revision', taskCount.as('task_count')]),
)

const taskCount = sql<number>`(
  select cast(coalesce(sum(count), 0) as bigint) from figure_counts
  where figure_counts.space_id = spaces.id and priority in (1, 2, 3) and figure = 'total')`

export async function countTasks(db: Database, spaceId: string): Promise<number> {
  const row = await db
    .selectFrom('spaces')
    .select(taskCount.as('task_count'))
    .where('id', '=', spaceId)
    .executeTakeFirstOrThrow(accountGone)
  return row.task_count
}

export const insertTask = prepared((db, row: Insertable<TasksTable>) => db.insertInto('tasks').values(row))

/** Writes the columns as the next version of the task. */
export async function changeTask(
  db: Database,
  { spaceId, id }: { spaceId: string; id: string },
  columns: Updateable<TasksTable>,
): Promise<Task> {
  const [row] = await updateTaskRow(db, { ...columns, space_id: spaceId, id })
  // Of a space that is locked nothing takes a task away but the erasure of its account.
  if (!row) throw accountGone()
  return toTask(row)
}

const updateTaskRow = prepared(
  (db, { space_id, id, ...columns }: Updateable<TasksTable> & { space_id: string; id: string }) =>
    db
      .updateTable('tasks')
      .set(columns)
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('space_id', '=', space_id)
      .where('id', '=', id)
      .returning(taskColumns),
)

export const insertChange = prepared((db, change: Insertable<ChangesTable>) => db.insertInto('changes').values(change))

/** What the write that took the revision did, oldest first; nothing when no write of the space did. */
export async function listWrite(db: Database, spaceId: string, revision: number) {
  return db
    .selectFrom('changes')
    .select(['write_id', 'task_id', 'kind', 'before', 'after'])
    .where('space_id', '=', spaceId)
    .where('write_id', '=', (eb) =>
      eb.selectFrom('changes').select('write_id').where('space_id', '=', spaceId).where('revision', '=', revision),
    )
    .orderBy('revision')
    .execute()
}

/** What the task was created with, as history has it; undefined when that is not known. */
export async function findCreation(db: Database, spaceId: string, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('changes')
    .select('after')
    .where('space_id', '=', spaceId)
    .where('task_id', '=', id)
    .where('kind', '=', 'task.created')
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.after ?? undefined
}

/** Tasks of the bin, the longest deleted first. */
export async function listBin(db: Database, spaceId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('space_id', '=', spaceId)
    .where('deleted_at', 'is not', null)
    .where('erased_at', 'is', null)
    .orderBy('deleted_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** Leaves of these tasks and of their history only that they were there; each gets one of the revisions up to `last`. */
export async function eraseTexts(
  db: Database,
  { spaceId, ids, last, now }: { spaceId: string; ids: readonly string[]; last: number; now: string },
): Promise<void> {
  await sql`
    update tasks set
      title = '', description = null, title_key = '', search_text = '',
      due_date = null, due_time = null, due_time_zone = null, due_at = null,
      version = version + 1, revision = ${last} - place, updated_at = ${now}, erased_at = ${now}
    from (
      select id as place_of, row_number() over (order by deleted_at desc, id desc) - 1 as place
      from tasks where space_id = ${spaceId} and id in (${sql.join(ids)})
    ) as places
    where space_id = ${spaceId} and id = place_of`.execute(db)
  await db
    .updateTable('changes')
    .set({ before: null, after: null })
    .where('space_id', '=', spaceId)
    .where('task_id', 'in', ids)
    .execute()
}

/** Empties the replies that are kept for requests sent again and tell of one of these tasks. */
export async function blankReplies(db: Database, spaceId: string, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ body: '' })
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('user_id', 'key'),
        'in',
        selectFrom('idempotency_key_tasks')
          .select(['user_id', 'key'])
          .where('space_id', '=', spaceId)
          .where('task_id', 'in', ids)
          .$asTuple('user_id', 'key'),
      ),
    )
    .execute()
}
