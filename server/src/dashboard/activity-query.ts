import type { Database } from '../database/open.ts'
import { maxPageText } from '../tasks/index.ts'

export interface ActivityRequest {
  readonly spaceId: string
  /** Only what is older than this revision. */
  readonly before: number | undefined
  readonly limit: number
}

/**
 * The rows of history behind a page of activity, newest first: for each write and task all that the write did to it.
 * Beside them the revision of the space; a single row of nulls when nothing has happened.
 */
export function selectActivity(db: Database, { spaceId, before, limit }: ActivityRequest) {
  return db
    .with('picked', (db) => {
      const page = db
        .selectFrom('changes')
        .select(['revision as last', 'write_id', 'task_id'])
        .where('space_id', '=', spaceId)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('changes as later')
                .select('later.revision')
                .where('later.space_id', '=', spaceId)
                .whereRef('later.write_id', '=', 'changes.write_id')
                .whereRef('later.task_id', '=', 'changes.task_id')
                .whereRef('later.revision', '>', 'changes.revision'),
            ),
          ),
        )
        .orderBy('revision', 'desc')
        .limit(limit + 1)
      return before === undefined ? page : page.where('revision', '<', before)
    })
    .with('measured', (db) =>
      db
        .selectFrom('picked')
        .innerJoin('changes', (join) =>
          join
            .on('changes.space_id', '=', spaceId)
            .onRef('changes.write_id', '=', 'picked.write_id')
            .onRef('changes.task_id', '=', 'picked.task_id'),
        )
        .select(['picked.last', 'changes.revision'])
        .select((eb) => {
          const bytes = (column: 'before' | 'after') =>
            eb.fn.coalesce(eb.fn<number>('octet_length', [`changes.${column}`]), eb.lit(0))
          return [
            eb.fn
              .agg<number>('dense_rank')
              .over((over) => over.orderBy('picked.last', 'desc'))
              .as('place'),
            // The rows of one item come in together.
            eb.fn
              .sum<number>(eb(bytes('before'), '+', bytes('after')))
              .over((over) => over.orderBy('picked.last', 'desc'))
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
    .leftJoin('changes', (join) =>
      join.on('changes.space_id', '=', spaceId).onRef('changes.revision', '=', 'measured.revision'),
    )
    .leftJoin('tasks', (join) => join.on('tasks.space_id', '=', spaceId).onRef('tasks.id', '=', 'changes.task_id'))
    .select(['spaces.revision as space_revision', 'measured.last', 'tasks.title'])
    .select(['changes.task_id', 'changes.kind', 'changes.at', 'changes.by_kind', 'changes.by_name'])
    .select(['changes.before', 'changes.after'])
    .select((eb) =>
      eb
        .selectFrom('picked')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .as('found'),
    )
    .where('spaces.id', '=', spaceId)
    .orderBy('measured.last', 'desc')
    .orderBy('measured.revision')
}
