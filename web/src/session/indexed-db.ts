import type { StorageStep, StoredState, StoredWrite, SyncRefusal, SyncStorage, Task } from '@taskwell/api'
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'

interface Stores extends DBSchema {
  tasks: { key: string; value: Task }
  writes: { key: string; value: StoredWrite }
  refusals: { key: string; value: SyncRefusal }
  facts: { key: string; value: StoredState['position'] | StoredState['owner'] }
}

const all = ['tasks', 'writes', 'refusals', 'facts'] as const

/** A storage in the browser's database of that name, shared by all tabs that open it. */
export async function openIndexedDb(name: string): Promise<SyncStorage> {
  const db = await openDB<Stores>(name, 1, {
    upgrade: (fresh) => {
      fresh.createObjectStore('tasks', { keyPath: 'id' })
      fresh.createObjectStore('writes', { keyPath: 'id' })
      fresh.createObjectStore('refusals', { keyPath: 'write.id' })
      fresh.createObjectStore('facts')
    },
    // Another tab removes the copy or brings a newer form of it: it must not wait for this one.
    blocking: (_, __, event) => closeTarget(event),
  })
  return {
    name,
    load: () => load(db),
    loadWrites: () => db.getAll('writes'),
    commit: (step) => commit(db, step),
    close: async () => db.close(),
  }
}

export async function deleteIndexedDb(name: string): Promise<void> {
  await deleteDB(name)
}

async function load(db: IDBPDatabase<Stores>): Promise<StoredState> {
  const transaction = db.transaction(all)
  const facts = transaction.objectStore('facts')
  const [position, owner, tasks, writes, refusals] = await Promise.all([
    facts.get('position'),
    facts.get('owner'),
    transaction.objectStore('tasks').getAll(),
    transaction.objectStore('writes').getAll(),
    transaction.objectStore('refusals').getAll(),
  ])
  return {
    position: typeof position === 'object' ? position : null,
    owner: typeof owner === 'string' ? owner : null,
    tasks,
    writes,
    refusals,
  }
}

async function commit(db: IDBPDatabase<Stores>, step: StorageStep): Promise<void> {
  // The server can repeat the copy; what the user did is nowhere else until it is sent.
  const durability = step.putWrites || step.putRefusals ? 'strict' : 'relaxed'
  const transaction = db.transaction(all, 'readwrite', { durability })
  // Its failure is told by `done`; each request's own promise is not waited for.
  const ask = (request: Promise<unknown>) => void request.catch(() => {})
  const facts = transaction.objectStore('facts')
  const tasks = transaction.objectStore('tasks')
  const writes = transaction.objectStore('writes')
  const refusals = transaction.objectStore('refusals')
  try {
    if (step.position) ask(facts.put(step.position, 'position'))
    if (step.owner !== undefined) ask(facts.put(step.owner, 'owner'))
    if (step.deleteAllTasks) ask(tasks.clear())
    for (const task of step.putTasks ?? []) ask(tasks.put(task))
    for (const id of step.deleteTasks ?? []) ask(tasks.delete(id))
    for (const write of step.putWrites ?? []) ask(writes.put(write))
    for (const id of step.deleteWrites ?? []) ask(writes.delete(id))
    for (const refusal of step.putRefusals ?? []) ask(refusals.put(refusal))
    for (const id of step.deleteRefusals ?? []) ask(refusals.delete(id))
  } catch (error) {
    // What cannot be cloned throws at once, and would leave the first half of the step behind.
    transaction.done.catch(() => {})
    transaction.abort()
    throw error
  }
  await transaction.done
}

function closeTarget(event: Event): void {
  if (event.target instanceof IDBDatabase) event.target.close()
}
