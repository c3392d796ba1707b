import type { Database } from '../database/open.ts'
import { maxPageText, type MaybeTaskRow, taskColumns } from '../tasks/index.ts'

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
 * it tells of the space agree; ids are picked from the index first, and only texts that fit are sent.
 */
export async function listFeed(
  db: Database,
  { spaceId, after, limit }: { spaceId: string; after: number; limit: number },
): Promise<FeedRow[]> {
  return db
    .with('picked', (db) =>
      db
        .selectFrom('tasks')
        .select(['id', 'revision'])
        .where('space_id', '=', spaceId)
        .where('revision', '>', after)
        .orderBy('revision')
        .limit(limit + 1),
    )
    .with('measured', (db) =>
      db
        .selectFrom('picked')
        .innerJoin('tasks', (join) => join.on('tasks.space_id', '=', spaceId).onRef('tasks.id', '=', 'picked.id'))
        .select('picked.id')
        .select((eb) => {
          const bytes = (column: 'title' | 'description') => eb.fn<number>('octet_length', [`tasks.${column}`])
          const text = eb(bytes('title'), '+', eb.fn.coalesce(bytes('description'), eb.lit(0)))
          return [
            eb.fn.countAll<number>().over().as('found'),
            eb.fn
              .agg<number>('row_number')
              .over((over) => over.orderBy('picked.revision'))
              .as('place'),
            eb.fn
              .sum<number>(text)
              .over((over) => over.orderBy('picked.revision'))
              .as('text_so_far'),
          ]
        }),
    )
    .selectFrom('spaces')
    .leftJoin('measured', (join) =>
      join.on((eb) =>
        eb.or([
          eb('measured.place', '=', 1),
          eb.and([eb('measured.place', '<=', limit), eb('measured.text_so_far', '<=', maxPageText)]),
        ]),
      ),
    )
    .leftJoin('tasks', (join) => join.on('tasks.space_id', '=', spaceId).onRef('tasks.id', '=', 'measured.id'))
    .leftJoin('settings', (join) => join.on('settings.name', '=', 'epoch'))
    .select(['spaces.revision as space_revision', 'spaces.floor', 'settings.value as epoch', 'measured.found'])
    .select(taskColumns)
    .where('spaces.id', '=', spaceId)
    .orderBy('measured.place')
    .execute()
}

/** Where a space stands. */
export function findHead(db: Database, spaceId: string): Promise<{ revision: number; floor: number }> {
  return db.selectFrom('spaces').select(['revision', 'floor']).where('id', '=', spaceId).executeTakeFirstOrThrow()
}

/** Where each of the spaces stands. */
export function listHeads(db: Database, spaceIds: readonly string[]): Promise<{ id: string; revision: number }[]> {
  return db.selectFrom('spaces').select(['id', 'revision']).where('id', 'in', spaceIds).execute()
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
