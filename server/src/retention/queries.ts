import type { Database } from '../database/open.ts'

/** A task, whoever's it is. */
export interface TaskKey {
  readonly space_id: string
  readonly id: string
}

/** The ids of the tasks by their space. */
export function bySpace(keys: readonly TaskKey[]): Map<string, string[]> {
  const spaces = new Map<string, string[]>()
  for (const { space_id, id } of keys) spaces.set(space_id, [...(spaces.get(space_id) ?? []), id])
  return spaces
}

/** Tasks of all bins that have been there since then or longer, the oldest first. */
export function listBinned(db: Database, before: string, limit: number): Promise<TaskKey[]> {
  return db
    .selectFrom('tasks')
    .select(['space_id', 'id'])
    .where('deleted_at', 'is not', null)
    .where('erased_at', 'is', null)
    .where('deleted_at', '<=', before)
    .orderBy('deleted_at')
    .limit(limit)
    .execute()
}

/** Those of the tasks that are still in the bin, the longest deleted first. */
export async function keepBinned(
  db: Database,
  { spaceId, ids, before }: { spaceId: string; ids: readonly string[]; before: string },
): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('space_id', '=', spaceId)
    .where('id', 'in', ids)
    .where('deleted_at', '<=', before)
    .where('erased_at', 'is', null)
    .orderBy('deleted_at')
    .execute()
  return rows.map(({ id }) => id)
}

/** How many rows of history each of the tasks has. */
export async function countHistory(
  db: Database,
  spaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('changes')
    .select(['task_id', (eb) => eb.fn.countAll<number>().as('count')])
    .where('space_id', '=', spaceId)
    .where('task_id', 'in', ids)
    .groupBy('task_id')
    .execute()
  return new Map(rows.map(({ task_id, count }) => [task_id, count]))
}

/** Tombstones of tasks of all users that were erased then or earlier, the oldest first. */
export function listTombstones(db: Database, before: string, limit: number): Promise<TaskKey[]> {
  return db
    .selectFrom('tasks')
    .select(['space_id', 'id'])
    .where('erased_at', 'is not', null)
    .where('erased_at', '<=', before)
    .orderBy('erased_at')
    .limit(limit)
    .execute()
}

/** Answers the revisions of those that were there. */
export async function deleteTombstones(
  db: Database,
  { spaceId, ids, before }: { spaceId: string; ids: readonly string[]; before: string },
): Promise<number[]> {
  const rows = await db
    .deleteFrom('tasks')
    .where('space_id', '=', spaceId)
    .where('id', 'in', ids)
    .where('erased_at', '<=', before)
    .returning('revision')
    .execute()
  return rows.map(({ revision }) => revision)
}

/** Says that tombstones up to the revision may be missing. */
export async function raiseFloor(db: Database, spaceId: string, floor: number): Promise<void> {
  await db.updateTable('spaces').set({ floor }).where('id', '=', spaceId).where('floor', '<', floor).execute()
}

/** Deletes kept replies of then or earlier, the oldest first; answers how many. */
export async function deleteKeptReplies(db: Database, before: string, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('user_id', 'key'),
        'in',
        selectFrom('idempotency_keys')
          .select(['user_id', 'key'])
          .where('created_at', '<=', before)
          .orderBy('created_at')
          .limit(limit)
          .$asTuple('user_id', 'key'),
      ),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** Deletes rows whose time is over, the oldest first; answers how many. */
export async function deleteExpired(
  db: Database,
  table: 'sessions' | 'verifications',
  now: string,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom(table)
    .where('id', 'in', (eb) =>
      eb.selectFrom(table).select('id').where('expires_at', '<=', now).orderBy('expires_at').limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
