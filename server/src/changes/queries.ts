import type { Database } from '../database/open.ts'
import { cutPage, type MaybeTaskRow } from '../tasks/index.ts'

/** A task of the feed; or, if there is none, a single row of nulls with the state of the space. */
export interface FeedRow extends MaybeTaskRow {
  readonly space_revision: number
  readonly floor: number
  readonly epoch: string | null
  /** How many tasks were at hand: more than the page has if another one follows. */
  readonly found: number | null
}

/**
 * The next tasks in the order of their revisions, as many as fit on a page. One statement, so that the tasks and what
 * it tells of the space agree.
 */
export async function listFeed(
  db: Database,
  { spaceId, after, limit, maxText }: { spaceId: string; after: number; limit: number; maxText: number },
): Promise<FeedRow[]> {
  const picked = db
    .selectFrom('tasks')
    .select(['id', 'revision as sort_key'])
    .where('space_id', '=', spaceId)
    .where('revision', '>', after)
    .orderBy('revision')
    .limit(limit + 1)
  return cutPage(db, { spaceId, picked, direction: 'asc', limit, maxText })
    .leftJoin('settings', (join) => join.on('settings.name', '=', 'epoch'))
    .select('settings.value as epoch')
    .execute()
}

/** Where a space stands. */
export function findHead(db: Database, spaceId: string): Promise<{ revision: number; floor: number }> {
  return db.selectFrom('spaces').select(['revision', 'floor']).where('id', '=', spaceId).executeTakeFirstOrThrow()
}

/** How many tasks have changed since, counted up to `most`. */
export async function countAfter(db: Database, spaceId: string, since: number, most: number): Promise<number> {
  const changed = db
    .selectFrom('tasks')
    .select('revision')
    .where('space_id', '=', spaceId)
    .where('revision', '>', since)
    .limit(most)
  const { count } = await db
    .selectFrom(changed.as('changed'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}
