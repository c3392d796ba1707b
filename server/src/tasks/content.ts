import type { NewTask, Task, TaskChanges } from '@taskwell/api'
import { dueInstant } from '../calendar/index.ts'
import { type Fault, Refusal } from '../errors.ts'
import { foldText, titleKey } from '../text/index.ts'
import { priorityNumbers } from './task-row.ts'

/** What people decide about a task, and when it was completed, which follows from it. */
export const contentFields = [
  'title',
  'description',
  'completed',
  'completedAt',
  'priority',
  'dueDate',
  'dueTime',
  'dueTimeZone',
] as const
export type ContentField = (typeof contentFields)[number]
export type Content = Pick<Task, ContentField>

/** The content of a new task, with defaults. */
export function newContent(body: NewTask, now: string): Content {
  const completed = body.completed ?? false
  return {
    title: body.title,
    description: body.description ?? null,
    completed,
    completedAt: completed ? now : null,
    priority: body.priority ?? 'medium',
    dueDate: body.dueDate ?? null,
    dueTime: body.dueTime ?? null,
    dueTimeZone: body.dueTimeZone ?? null,
  }
}

/** The content after a change; `completedAt` follows `completed`. */
export function changedContent(task: Content, changes: TaskChanges, now: string): Content {
  const completed = changes.completed ?? task.completed
  return {
    title: changes.title ?? task.title,
    description: changes.description === undefined ? task.description : changes.description,
    completed,
    completedAt: completed ? (task.completedAt ?? now) : null,
    priority: changes.priority ?? task.priority,
    dueDate: changes.dueDate === undefined ? task.dueDate : changes.dueDate,
    dueTime: changes.dueTime === undefined ? task.dueTime : changes.dueTime,
    dueTimeZone: changes.dueTimeZone === undefined ? task.dueTimeZone : changes.dueTimeZone,
  }
}

type Due = Partial<Pick<Content, 'dueDate' | 'dueTime' | 'dueTimeZone'>>

/**
 * A time belongs to a day, and a zone to a time. A field that is undefined is not known yet and not judged: so changes
 * that contradict themselves are refused whatever task they are for.
 */
export function refuseLooseDueParts({ dueDate, dueTime, dueTimeZone }: Due, at = '/body'): void {
  const errors: Fault[] = []
  if (typeof dueTime === 'string' && dueDate === null) {
    errors.push({ path: `${at}/dueTime`, message: 'needs a dueDate; to clear the date, send dueTime null too' })
  }
  if (typeof dueTimeZone === 'string' && dueTime === null) {
    errors.push({ path: `${at}/dueTimeZone`, message: 'needs a dueTime; to clear the time, send dueTimeZone null too' })
  }
  if (errors.length > 0) throw new Refusal('validation_failed', { errors })
}

/** The fields in which the two differ. */
export function changedFields(before: Content, after: Content): ContentField[] {
  return contentFields.filter((field) => before[field] !== after[field])
}

/** The columns of the table that hold content, those derived from it included. */
export function contentColumns(content: Content) {
  const { title, description, dueDate, dueTime, dueTimeZone } = content
  return {
    title,
    description,
    completed_at: content.completedAt,
    priority: priorityNumbers[content.priority],
    due_date: dueDate,
    due_time: dueTime,
    due_time_zone: dueTimeZone,
    due_at: dueDate && dueTime && dueTimeZone ? dueInstant(dueDate, dueTime, dueTimeZone) : null,
    title_key: titleKey(title),
    search_text: description === null ? foldText(title) : `${foldText(title)}\n${foldText(description)}`,
  }
}
