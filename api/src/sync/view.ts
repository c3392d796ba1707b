import type { User } from '../account.ts'
import type { Task } from '../tasks.ts'
import { emptyTaskMap } from './task-map.ts'
import type { SyncRefusal, SyncSnapshot, SyncStatus } from './types.ts'

/** What the sync shows, made of its parts when somebody looks. */
export interface View {
  getSnapshot(): SyncSnapshot
  subscribe(listener: () => void): () => void
  /** These tasks may have changed; with none, something else. */
  touch(ids: Iterable<string>): void
}

export interface ViewParts {
  readonly status: SyncStatus
  readonly revision: number
  readonly pending: number
  readonly refusals: readonly SyncRefusal[]
  readonly account: User | null
}

/** How long changes are gathered before listeners hear of them: about one picture on a screen, in milliseconds. */
const gathering = 16

export function createView(options: {
  getParts(): ViewParts
  getTask(id: string): Task | undefined
  onFault(error: unknown): void
}): View {
  const listeners = new Set<() => void>()
  const touched = new Set<string>()
  let snapshot: SyncSnapshot = { ...options.getParts(), tasks: emptyTaskMap() }
  let tasks = emptyTaskMap()
  let isStale = false
  let isTelling = false

  function refresh(): void {
    const changes = new Map<string, Task | undefined>()
    for (const id of touched) {
      const task = options.getTask(id)
      if (task !== tasks.get(id)) changes.set(id, task)
    }
    touched.clear()
    isStale = false
    if (changes.size > 0) tasks = tasks.with(changes)
    const next = { ...options.getParts(), tasks }
    if (!isSame(snapshot, next)) snapshot = next
  }

  function tell(): void {
    isTelling = false
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        options.onFault(error)
      }
    }
  }

  return {
    getSnapshot: () => {
      if (isStale) refresh()
      return snapshot
    },
    subscribe: (listener) => {
      // Of its own, so that one who subscribes twice is not silenced by one farewell.
      const own = () => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    touch: (ids) => {
      for (const id of ids) touched.add(id)
      isStale = true
      if (isTelling) return
      isTelling = true
      setTimeout(tell, gathering)
    },
  }
}

function isSame(one: SyncSnapshot, other: SyncSnapshot): boolean {
  return (
    one.tasks === other.tasks &&
    one.status === other.status &&
    one.revision === other.revision &&
    one.pending === other.pending &&
    one.refusals === other.refusals &&
    one.account === other.account
  )
}
