import type { Expression, QueryCreator } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { taskColumns } from './task-row.ts'

/** A task picked for a page, and what its place there is decided by. */
export interface Picked {
  readonly id: string
  readonly sort_key: Date | string | number | null
}

export interface PageCut {
  readonly spaceId: string
  /** The next tasks in the order of the page: one more than it may hold tells whether another page follows. */
  readonly picked: Expression<Picked>
  readonly direction: 'asc' | 'desc'
  readonly limit: number
  /** Where a page ends from its second task on: this much text in titles and descriptions, in bytes of UTF-8. */
  readonly maxText: number
}

/** Where a page for a client ends. */
export const maxPageText = 1024 * 1024

/**
 * The tasks that fit on the page, beside the state of their space; a single row of nulls when there are none. Texts are
 * measured where they are, and only those that fit are sent. `found` is how many were picked.
 */
export function cutPage(db: QueryCreator<Schema>, { spaceId, picked, direction, limit, maxText }: PageCut) {
  return db
    .with('picked', () => picked)
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
          eb.and([eb('measured.place', '<=', limit), eb('measured.text_so_far', '<=', maxText)]),
        ]),
      ),
    )
    .leftJoin('tasks', (join) => join.on('tasks.space_id', '=', spaceId).onRef('tasks.id', '=', 'measured.id'))
    .select(['spaces.revision as space_revision', 'spaces.floor', 'measured.sort_key', 'measured.found'])
    .select(taskColumns)
    .where('spaces.id', '=', spaceId)
    .orderBy('measured.place')
}
