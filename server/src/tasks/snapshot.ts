import type { HistoryItem, Task } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { isoInstant } from '../database/sql.ts'
import { toHistoryItem } from './list-task-history.ts'
import { taskColumns, toTask } from './task-row.ts'

interface Request<Place> {
  readonly spaceId: string
  /** As of which revision. */
  readonly revision: number
  readonly after: Place | undefined
  readonly limit: number
}

interface Page<Item, Place> {
  readonly items: Item[]
  /** Where the next page begins; undefined after the last. */
  readonly next: Place | undefined
}

/**
 * Tasks as they were at a revision, in the order of their ids, those of the bin included: what was written since is
 * taken back by its history. Tasks erased since are missing.
 */
export async function listTasksAt(
  db: Database,
  { spaceId, revision, after, limit }: Request<string>,
): Promise<Page<Task, string>> {
  const first = db.selectFrom('tasks').select(taskColumns).where('space_id', '=', spaceId).orderBy('id').limit(limit)
  const rows = await (after === undefined ? first : first.where('id', '>', after)).execute()
  const items: Task[] = []
  for (const row of rows) {
    const task = row.erased_at === null ? toTask(row) : undefined
    const then = task && task.revision > revision ? await takeBack(db, spaceId, task, revision) : task
    if (then) items.push(then)
  }
  return { items, next: rows.length === limit ? rows.at(-1)?.id : undefined }
}

/** The task as it was at the revision; undefined when it was not there yet, or is erased. */
async function takeBack(db: Database, spaceId: string, task: Task, revision: number): Promise<Task | undefined> {
  const changes = db.selectFrom('changes').where('space_id', '=', spaceId).where('task_id', '=', task.id)
  const since = await changes
    .select('before')
    .where('revision', '>', revision)
    .where('revision', '<=', task.revision)
    .orderBy('revision', 'desc')
    .execute()
  const last = await changes
    .select(['revision', 'at'])
    .where('revision', '<=', revision)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!last || since.some(({ before }) => before === null)) return undefined
  const before = since.map(({ before }): Partial<Task> => JSON.parse(before ?? '{}'))
  return Object.assign({ ...task }, ...before, {
    version: task.version - since.length,
    revision: last.revision,
    updatedAt: isoInstant(last.at),
  })
}

/** The history of all tasks up to a revision, oldest first, without what is erased. */
export async function listHistoryUpTo(
  db: Database,
  { spaceId, revision, after = 0, limit }: Request<number>,
): Promise<Page<HistoryItem & { taskId: string }, number>> {
  const rows = await db
    .selectFrom('changes')
    .select(['revision', 'kind', 'at', 'by_kind', 'by_name', 'before', 'after', 'task_id'])
    .select((eb) =>
      eb
        .selectFrom('changes as undone')
        .select((eb) => eb.fn.max('undone.revision').as('revision'))
        .whereRef('undone.space_id', '=', 'changes.space_id')
        .whereRef('undone.task_id', '=', 'changes.task_id')
        .whereRef('undone.write_id', '=', 'changes.undoes')
        .as('undoes'),
    )
    .where('space_id', '=', spaceId)
    .where('revision', '>', after)
    .where('revision', '<=', revision)
    .orderBy('revision')
    .limit(limit)
    .execute()
  return {
    items: rows.flatMap((row) => toHistoryItem(row).map((item) => ({ ...item, taskId: row.task_id }))),
    next: rows.length === limit ? rows.at(-1)?.revision : undefined,
  }
}
