import type { Task, TaskChanges } from '../tasks.ts'
import { applyOperation, taskIdOf } from './apply-operation.ts'
import type { SyncOperation } from './types.ts'

/** What would bring the tasks back to how `present` shows them, from how the operations leave them. */
export function reverseOperations(
  operations: readonly SyncOperation[],
  present: (id: string) => Task | undefined,
): SyncOperation[] {
  const reverse: SyncOperation[] = []
  const tasks = new Map<string, Task | undefined>()
  for (const operation of operations) {
    const id = taskIdOf(operation)
    const before = tasks.has(id) ? tasks.get(id) : present(id)
    const back = reverseOperation(before, operation)
    if (back) reverse.unshift(back)
    tasks.set(id, applyOperation(before, operation, ''))
  }
  return reverse
}

function reverseOperation(task: Task | undefined, operation: SyncOperation): SyncOperation | undefined {
  const id = taskIdOf(operation)
  if (operation.op === 'create') return task ? undefined : { op: 'delete', id }
  if (!task) return undefined
  if (operation.op === 'delete') return task.deletedAt === null ? { op: 'restore', id } : undefined
  if (operation.op === 'restore') return task.deletedAt === null ? undefined : { op: 'delete', id }
  if (operation.op === 'erase' || task.deletedAt !== null) return undefined
  return { op: 'update', id, changes: pickChanges(task, operation.changes) }
}

const fields = ['title', 'description', 'completed', 'priority', 'dueDate', 'dueTime', 'dueTimeZone'] as const

function pickChanges(task: Task, changes: TaskChanges): TaskChanges {
  const touched = fields.filter((field) => changes[field] !== undefined)
  return Object.fromEntries(touched.map((field) => [field, task[field]]))
}
