import { expressionBuilder } from 'kysely'
import type { Database } from '../database/open.ts'
import type { Place } from './cursor.ts'
import { cutPage, maxPageText, type Picked } from './cut-page.ts'
import type { Sorting } from './sorting.ts'
import type { MaybeTaskRow } from './task-row.ts'
import { matchingTasks, type TaskFilter } from './task-filter.ts'

export interface PageRequest {
  readonly spaceId: string
  readonly filter: TaskFilter
  readonly sorting: Sorting
  readonly after: Place | undefined
  readonly limit: number
  readonly isCounted: boolean
}

/** A task of the page; or, if there is none, a single row of nulls with the revision and the total. */
export interface PageRow extends MaybeTaskRow {
  readonly space_revision: number
  readonly total: number | null
  readonly sort_key: Date | string | number | null
  /** How many tasks were at hand: more than the page has if another one follows. */
  readonly found: number | null
}

/**
 * One statement, so that rows, revision and total agree. It picks ids first, which an index can mostly do alone, and
 * reads the texts of those only.
 */
export function selectPage(db: Database, { spaceId, filter, sorting, after, limit, isCounted }: PageRequest) {
  const { column, direction } = sorting
  const matching = matchingTasks(db, spaceId, filter)
    .select('tasks.id')
    .select((eb) => (column ? eb.ref(`tasks.${column}`) : eb.lit(null)).$castTo<Picked['sort_key']>().as('sort_key'))
  const picked = pick(sorting, after).limit(limit + 1)
  return cutPage(
    db.with('matching', () => matching),
    { spaceId, picked, direction, limit, maxText: maxPageText },
  )
    .select((eb) => {
      if (!isCounted) return eb.lit(null).as('total')
      // A search has to read the texts: once for both page and total. All else is counted faster from an index.
      const count = eb.fn.countAll<number>().as('count')
      if (filter.words.length > 0) return fromMatching().select(count).as('total')
      return matchingTasks(db, spaceId, { ...filter, dueColumn: 'due_up' })
        .select(count)
        .as('total')
    })
    .$castTo<PageRow>()
}

function fromMatching() {
  return expressionBuilder<{ matching: Picked }>().selectFrom('matching')
}

/** The matching tasks from a place on, in order. */
function pick({ column, direction }: Sorting, after: Place | undefined) {
  const beyond = direction === 'asc' ? '>' : '<'
  const page = fromMatching().selectAll()
  if (!column) {
    const byId = page.orderBy('matching.id', direction)
    return after ? byId.where('matching.id', beyond, after.id) : byId
  }
  const byKey = page.orderBy('matching.sort_key', direction).orderBy('matching.id', direction)
  if (!after) return byKey
  return byKey.where((eb) => eb(eb.refTuple('matching.sort_key', 'matching.id'), beyond, eb.tuple(after.key, after.id)))
}

/** Where the row stands in its list. */
export function placeOf(row: PageRow & { id: string }): Place {
  const key = row.sort_key
  return { key: key instanceof Date ? key.toISOString() : key, id: row.id }
}
