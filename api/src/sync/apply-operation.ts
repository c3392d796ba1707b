import type { NewTask, Task, TaskChanges } from '../tasks.ts'
import type { SyncOperation } from './types.ts'

/** Which task the operation is about. */
export function taskIdOf(operation: SyncOperation): string {
  // A client's own creates always have an id: it makes one where there is none.
  return operation.op === 'create' ? (operation.task.id ?? '') : operation.id
}

/**
 * The task as it will be by all that the client knows; what the server would refuse changes nothing. Only the fields
 * of the operation are touched, so what others change beside them shows.
 */
export function applyOperation(task: Task | undefined, operation: SyncOperation, at: string): Task | undefined {
  switch (operation.op) {
    case 'create':
      return task ?? newTask(operation.task, at)
    case 'update':
      return task?.deletedAt === null ? changedTask(task, operation.changes, at) : task
    case 'delete':
      return task?.deletedAt === null ? { ...task, deletedAt: at, updatedAt: at } : task
    case 'restore':
      return task && task.deletedAt !== null ? { ...task, deletedAt: null, updatedAt: at } : task
    case 'erase':
      return task?.deletedAt === null ? task : undefined
  }
}

function newTask({ id = '', title, ...content }: NewTask, at: string): Task {
  const completed = content.completed ?? false
  return {
    id,
    title: title.trim(),
    description: content.description ?? null,
    completed,
    completedAt: completed ? at : null,
    priority: content.priority ?? 'medium',
    dueDate: content.dueDate ?? null,
    dueTime: content.dueTime ?? null,
    dueTimeZone: content.dueTimeZone ?? null,
    version: 1,
    revision: 0,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  }
}

function changedTask(task: Task, changes: TaskChanges, at: string): Task {
  const changed: Task = { ...task, ...changes, title: changes.title?.trim() ?? task.title }
  const completedAt = changed.completed ? (task.completedAt ?? at) : null
  return { ...changed, completedAt, updatedAt: at }
}
