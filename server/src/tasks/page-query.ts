import type { Database } from '../database/open.ts'
import type { Place } from './cursor.ts'
import type { Sorting } from './sorting.ts'
import { type MaybeTaskRow, taskColumns } from './task-row.ts'
import { matchingTasks, type TaskFilter } from './task-filter.ts'

export interface PageRequest {
  readonly spaceId: string
  readonly filter: TaskFilter
  readonly sorting: Sorting
  readonly after: Place | undefined
  readonly limit: number
  readonly isCounted: boolean
}

/** Where a page ends: this much text in titles and descriptions, in bytes of UTF-8. */
export const maxPageText = 1024 * 1024

/** A task of the page; or, if there is none, a single row of nulls with the revision and the total. */
export interface PageRow extends MaybeTaskRow {
  readonly space_revision: number
  readonly total: number | null
  readonly sort_key: Date | string | number | null
  /** How many tasks were at hand: more than the page has if another one follows. */
  readonly found: number | null
}

/**
 * One statement, so that rows, revision and total agree. It picks ids first, which an index can mostly do alone, then
 * measures texts where they are, and sends only those that fit on the page.
 */
export function selectPage(db: Database, { spaceId, filter, sorting, after, limit, isCounted }: PageRequest) {
  const { column, direction } = sorting
  const matching = matchingTasks(db, spaceId, filter)
    .select('tasks.id')
    .select((eb) => (column ? eb.ref(`tasks.${column}`) : eb.lit(null)).$castTo<PageRow['sort_key']>().as('sort_key'))
  return db
    .with('matching', () => matching)
    .with('picked', (db) => {
      const beyond = direction === 'asc' ? '>' : '<'
      const page = db
        .selectFrom('matching')
        .selectAll()
        .limit(limit + 1)
      if (!column) {
        const byId = page.orderBy('matching.id', direction)
        return after ? byId.where('matching.id', beyond, after.id) : byId
      }
      const byKey = page.orderBy('matching.sort_key', direction).orderBy('matching.id', direction)
      if (!after) return byKey
      return byKey.where((eb) =>
        eb(eb.refTuple('matching.sort_key', 'matching.id'), beyond, eb.tuple(after.key, after.id)),
      )
    })
    .with('measured', (db) =>
      db
        .selectFrom('picked')
        .innerJoin('tasks', (join) => join.on('tasks.space_id', '=', spaceId).onRef('tasks.id', '=', 'picked.id'))
        .select(['picked.id', 'picked.sort_key'])
        .select((eb) => {
          const bytes = (column: 'title' | 'description') => eb.fn<number>('octet_length', [`tasks.${column}`])
          const text = eb(bytes('title'), '+', eb.fn.coalesce(bytes('description'), eb.lit(0)))
          return [
            eb.fn.countAll<number>().over().as('found'),
            eb.fn
              .agg<number>('row_number')
              .over((over) => over.orderBy('picked.sort_key', direction).orderBy('picked.id', direction))
              .as('place'),
            eb.fn
              .sum<number>(text)
              .over((over) => over.orderBy('picked.sort_key', direction).orderBy('picked.id', direction))
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
    .select(['spaces.revision as space_revision', 'measured.sort_key', 'measured.found'])
    .select(taskColumns)
    .select((eb) => {
      if (!isCounted) return eb.lit(null).as('total')
      // A search has to read the texts: once for both page and total. All else is counted faster from an index.
      const count = eb.fn.countAll<number>().as('count')
      if (filter.words.length > 0) return eb.selectFrom('matching').select(count).as('total')
      return matchingTasks(db, spaceId, filter).select(count).as('total')
    })
    .where('spaces.id', '=', spaceId)
    .orderBy('measured.place')
    .$castTo<PageRow>()
}

/** Where the row stands in its list. */
export function placeOf(row: PageRow & { id: string }): Place {
  const key = row.sort_key
  return { key: key instanceof Date ? key.toISOString() : key, id: row.id }
}
