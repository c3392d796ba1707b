import type { Task } from '../tasks.ts'
import type { Position, StorageStep, StoredWrite, SyncStorage } from './storage.ts'
import type { SyncRefusal } from './types.ts'

/** A storage that lasts as long as the program; handed to the next sync, it shows what a durable one would. */
export function createMemoryStorage(): SyncStorage {
  const tasks = new Map<string, Task>()
  const writes = new Map<string, StoredWrite>()
  const refusals = new Map<string, SyncRefusal>()
  let position: Position | null = null
  let owner: string | null = null

  const loadWrites = async () => [...writes.values()].toSorted(byId)

  return {
    load: async () => ({
      position,
      owner,
      tasks: [...tasks.values()],
      writes: await loadWrites(),
      refusals: [...refusals.values()],
    }),
    loadWrites,
    commit: async (step: StorageStep) => {
      position = step.position ?? position
      owner = step.owner ?? owner
      if (step.deleteAllTasks) tasks.clear()
      for (const task of step.putTasks ?? []) tasks.set(task.id, task)
      for (const id of step.deleteTasks ?? []) tasks.delete(id)
      for (const write of step.putWrites ?? []) writes.set(write.id, write)
      for (const id of step.deleteWrites ?? []) writes.delete(id)
      for (const refusal of step.putRefusals ?? []) refusals.set(refusal.write.id, refusal)
      for (const id of step.deleteRefusals ?? []) refusals.delete(id)
    },
  }
}

function byId(one: StoredWrite, other: StoredWrite): number {
  return one.id < other.id ? -1 : 1
}
