import { expressionBuilder } from 'kysely'
import { type Database, databaseKind } from '../database/open.ts'
import type { Schema } from '../database/schema.ts'
import { type DueColumn, rangeOfDays } from './due-filter.ts'
import type { Sorting } from './sorting.ts'
import type { TaskFilter } from './task-filter.ts'

/** With so many tasks due on the days of the filter, a page is found sooner by going through the list in its order. */
const manyDue = 3_000

/**
 * By which column an index finds the due tasks of a list. SQLite keeps no statistics here: it would read all that are due
 * before it sorts them, also where nearly every task of the list is. PostgreSQL decides for itself.
 */
export async function chooseDueColumn(
  db: Database,
  spaceId: string,
  filter: TaskFilter,
  { column }: Sorting,
): Promise<DueColumn> {
  if (column === 'due_up' || column === 'due_down') return column
  if (databaseKind(db) === 'postgres') return 'due_up'
  const range = rangeOfDays(expressionBuilder<Schema, 'tasks'>(), filter, filter.calendar)
  if (!range || filter.deleted) return null
  const { count } = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('tasks')
        .select(eb.lit(1).as('one'))
        .where('space_id', '=', spaceId)
        .where('deleted_at', 'is', null)
        .where((eb) => eb.and(range))
        .limit(manyDue)
        .as('probe'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count < manyDue ? 'due_up' : null
}
