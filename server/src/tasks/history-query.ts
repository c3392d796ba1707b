import type { Database } from '../database/open.ts'
import { maxPageText } from './cut-page.ts'

export interface HistoryRequest {
  readonly spaceId: string
  readonly taskId: string
  /** Only what is older than this revision. */
  readonly before: number | undefined
  readonly limit: number
}

/**
 * The history of a task beside the revision of its space, in one statement; a single row of nulls when there is none,
 * and no row at all when the task is not there or erased.
 */
export function selectHistory(db: Database, { spaceId, taskId, before, limit }: HistoryRequest) {
  return db
    .with('picked', (db) => {
      const page = db
        .selectFrom('changes')
        .selectAll()
        .where('space_id', '=', spaceId)
        .where('task_id', '=', taskId)
        .where('after', 'is not', null)
        .orderBy('revision', 'desc')
        .limit(limit + 1)
      return before === undefined ? page : page.where('revision', '<', before)
    })
    .with('measured', (db) =>
      db
        .selectFrom('picked')
        .selectAll()
        .select((eb) => {
          const bytes = (column: 'before' | 'after') =>
            eb.fn.coalesce(eb.fn<number>('octet_length', [`picked.${column}`]), eb.lit(0))
          return [
            eb.fn.countAll<number>().over().as('found'),
            eb.fn
              .agg<number>('row_number')
              .over((over) => over.orderBy('picked.revision', 'desc'))
              .as('place'),
            eb.fn
              .sum<number>(eb(bytes('before'), '+', bytes('after')))
              .over((over) => over.orderBy('picked.revision', 'desc'))
              .as('text_so_far'),
          ]
        }),
    )
    .selectFrom('spaces')
    .innerJoin('tasks', (join) => join.onRef('tasks.space_id', '=', 'spaces.id').on('tasks.id', '=', taskId))
    .leftJoin('measured', (join) =>
      join.on((eb) =>
        eb.or([
          eb('measured.place', '=', 1),
          eb.and([eb('measured.place', '<=', limit), eb('measured.text_so_far', '<=', maxPageText)]),
        ]),
      ),
    )
    .select([
      'spaces.revision as space_revision',
      'measured.revision',
      'measured.kind',
      'measured.at',
      'measured.found',
    ])
    .select(['measured.by_kind', 'measured.by_name', 'measured.before', 'measured.after'])
    .select((eb) =>
      eb
        .selectFrom('changes')
        .select((eb) => eb.fn.max('changes.revision').as('revision'))
        .where('changes.space_id', '=', spaceId)
        .where('changes.task_id', '=', taskId)
        .whereRef('changes.write_id', '=', 'measured.undoes')
        .as('undoes'),
    )
    .where('spaces.id', '=', spaceId)
    .where('tasks.erased_at', 'is', null)
    .orderBy('measured.place')
}
