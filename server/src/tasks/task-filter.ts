import type { TaskQuery } from '@taskwell/api'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Calendar } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import type { Schema } from '../database/schema.ts'
import { contains, type SearchCandidates, spaceOfCandidates } from '../database/search.ts'
import { type DueColumn, dueConditions, dueWithin } from './due-filter.ts'
import { priorityNumbers } from './task-row.ts'

/** Which tasks are wanted, with all that their meaning depends on. */
export interface TaskFilter extends Pick<
  TaskQuery,
  | 'completed'
  | 'priority'
  | 'due'
  | 'dueFrom'
  | 'dueTo'
  | 'createdFrom'
  | 'createdTo'
  | 'updatedFrom'
  | 'updatedTo'
  | 'deleted'
> {
  /** Folded; each must occur. */
  readonly words: readonly string[]
  readonly candidates: SearchCandidates | undefined
  readonly dueColumn?: DueColumn
  readonly calendar: Calendar
}

/** The tasks of the space that the filter lets through. */
export function matchingTasks(db: Database, spaceId: string, filter: TaskFilter) {
  return db
    .selectFrom('tasks')
    .where(filter.candidates ? spaceOfCandidates(db) : 'tasks.space_id', '=', spaceId)
    .where((eb) => eb.and([...conditions(eb, filter), ...filter.words.map((word) => contains(db, word))]))
}

function conditions(eb: ExpressionBuilder<Schema, 'tasks'>, filter: TaskFilter): Expression<SqlBool>[] {
  const { completed, priority = [], due, dueFrom, dueTo, calendar } = filter
  const found: Expression<SqlBool>[] = []
  if (filter.deleted) found.push(eb('deleted_at', 'is not', null), eb('erased_at', 'is', null))
  else found.push(eb('deleted_at', 'is', null))
  if (completed !== undefined) found.push(eb('completed_at', completed ? 'is not' : 'is', null))
  if (priority.length > 0)
    found.push(
      eb(
        'priority',
        'in',
        [...new Set(priority)].map((name) => priorityNumbers[name]),
      ),
    )
  if (due !== undefined) found.push(...dueConditions(eb, due, calendar, filter.dueColumn))
  if (dueFrom !== undefined || dueTo !== undefined) {
    found.push(...dueWithin(eb, { from: dueFrom, to: dueTo }, calendar.timeZone, filter.dueColumn))
  }
  if (filter.createdFrom !== undefined) found.push(eb('created_at', '>=', filter.createdFrom))
  if (filter.createdTo !== undefined) found.push(eb('created_at', '<=', filter.createdTo))
  if (filter.updatedFrom !== undefined) found.push(eb('updated_at', '>=', filter.updatedFrom))
  if (filter.updatedTo !== undefined) found.push(eb('updated_at', '<=', filter.updatedTo))
  if (filter.candidates) found.push(filter.candidates(eb))
  return found
}
