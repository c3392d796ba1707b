import type { Priority, Task } from '@taskwell/api'
import type { Selectable } from 'kysely'
import type { TasksTable } from '../database/schema.ts'
import { isoInstant } from '../database/sql.ts'

/** The columns that make a wire task, and what tells an erased one. */
export const taskColumns = [
  'tasks.id',
  'tasks.title',
  'tasks.description',
  'tasks.priority',
  'tasks.due_date',
  'tasks.due_time',
  'tasks.due_time_zone',
  'tasks.version',
  'tasks.revision',
  'tasks.created_at',
  'tasks.updated_at',
  'tasks.completed_at',
  'tasks.deleted_at',
  'tasks.erased_at',
] as const

type Column<C> = C extends `tasks.${infer Name extends keyof TasksTable}` ? Name : never
export type TaskRow = Pick<Selectable<TasksTable>, Column<(typeof taskColumns)[number]>>

/** A row of a left join that may have found no task. */
export type MaybeTaskRow = { [Name in keyof TaskRow]: TaskRow[Name] | null }

const priorityNames: Record<number, Priority> = { 1: 'high', 2: 'medium', 3: 'low' }
export const priorityNumbers: Record<Priority, number> = { high: 1, medium: 2, low: 3 }

/** The task as the API shows it. */
export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    completed: row.completed_at !== null,
    completedAt: maybeInstant(row.completed_at),
    priority: priorityNames[row.priority] ?? 'medium',
    dueDate: row.due_date,
    dueTime: row.due_time,
    dueTimeZone: row.due_time_zone,
    version: row.version,
    revision: row.revision,
    createdAt: isoInstant(row.created_at),
    updatedAt: isoInstant(row.updated_at),
    deletedAt: maybeInstant(row.deleted_at),
  }
}

function maybeInstant(value: string | Date | null): string | null {
  return value === null ? null : isoInstant(value)
}

/** Whether the join found a task; every task has an id. */
export function isTaskRow<R extends MaybeTaskRow>(row: R): row is R & TaskRow {
  return row.id !== null
}
