import type { Task } from '../tasks.ts'
import { applyOperation, taskIdOf } from './apply-operation.ts'
import type { StoredWrite } from './storage.ts'
import type { SyncOperation } from './types.ts'

/** The writes that the copy does not show yet, in their order. */
export interface Waiting {
  readonly writes: ReadonlyMap<string, StoredWrite>
  /** Adds it at the end, or puts it in the place of its former state. */
  put(write: StoredWrite): void
  remove(id: string): void
  /** Whether a later write touches a task of this one. */
  isBuiltUpon(write: StoredWrite): boolean
  /** The task with all that waits for it. */
  apply(id: string, task: Task | undefined): Task | undefined
}

export function createWaiting(): Waiting {
  const writes = new Map<string, StoredWrite>()
  /** By task, then by write, each in the order of the writes. */
  const operations = new Map<string, Map<string, readonly SyncOperation[]>>()

  function drop(writeId: string, taskId: string): void {
    const ofTask = operations.get(taskId)
    ofTask?.delete(writeId)
    if (ofTask?.size === 0) operations.delete(taskId)
  }

  function taskIds(writeId: string): string[] {
    const write = writes.get(writeId)
    return write ? taskIdsOf(write) : []
  }

  return {
    writes,
    put: (write) => {
      const groups = Map.groupBy(write.operations, taskIdOf)
      for (const taskId of taskIds(write.id)) if (!groups.has(taskId)) drop(write.id, taskId)
      for (const [taskId, group] of groups) {
        const ofTask = operations.get(taskId) ?? new Map()
        operations.set(taskId, ofTask.set(write.id, group))
      }
      writes.set(write.id, write)
    },
    remove: (id) => {
      for (const taskId of taskIds(id)) drop(id, taskId)
      writes.delete(id)
    },
    isBuiltUpon: (write) =>
      taskIdsOf(write).some((taskId) => [...(operations.get(taskId)?.keys() ?? [])].at(-1) !== write.id),
    apply: (id, task) => {
      let result = task
      for (const [writeId, group] of operations.get(id) ?? []) {
        const at = writes.get(writeId)?.at ?? ''
        for (const operation of group) result = applyOperation(result, operation, at)
      }
      return result
    },
  }
}

export function taskIdsOf({ operations }: { readonly operations: readonly SyncOperation[] }): string[] {
  return [...new Set(operations.map(taskIdOf))]
}
