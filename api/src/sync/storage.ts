import type { Task } from '../tasks.ts'
import type { SyncKind, SyncOperation, SyncRefusal } from './types.ts'

/** Where the copy stands. */
export interface Position {
  readonly revision: number
  readonly epoch: string
}

/** A write that the server has not acknowledged, or whose effect the copy does not show yet. */
export interface StoredWrite {
  /** A UUIDv7, so that ids sort in the order of the writes; the idempotency key, too. */
  readonly id: string
  /** Which client of this storage sends it. */
  readonly outbox: string
  readonly kind: SyncKind
  /** What it does to the snapshot; of an undo, what it is expected to do. */
  readonly operations: readonly SyncOperation[]
  /** The write that it undoes; the revision, and a task that changed at it, once they are known. */
  readonly undoes?: { readonly writeId: string; readonly effect: Effect | null }
  /** When it was made, as an instant in UTC. */
  readonly at: string
  /** Set before it is sent for the first time: from then on it may have arrived. */
  readonly wasSent?: true
  /** The revision of its effect, once acknowledged; it waits for the copy to come there. */
  readonly acknowledged?: number
}

/** Where the server shows what a write did. */
export interface Effect {
  readonly revision: number
  /** A task that took this revision. */
  readonly taskId: string
}

export interface StoredState {
  /** Null as long as there is no copy. */
  readonly position: Position | null
  readonly tasks: readonly Task[]
  /** Of all clients of this storage, in the order of their ids. */
  readonly writes: readonly StoredWrite[]
  readonly refusals: readonly SyncRefusal[]
  /** The user whose tasks these are, where it is known. */
  readonly owner: string | null
}

/** What is kept in one step; everything in it is optional. `deleteAllTasks` comes before `putTasks`. */
export interface StorageStep {
  readonly position?: Position
  readonly owner?: string
  readonly deleteAllTasks?: boolean
  readonly putTasks?: readonly Task[]
  readonly deleteTasks?: readonly string[]
  readonly putWrites?: readonly StoredWrite[]
  readonly deleteWrites?: readonly string[]
  readonly putRefusals?: readonly SyncRefusal[]
  /** Ids of the refused writes. */
  readonly deleteRefusals?: readonly string[]
}

/**
 * Keeps the state of one user's sync. An implementation must pass `storageRules`.
 * Values are plain data that structured cloning copies.
 */
export interface SyncStorage {
  /**
   * The same for all who open this storage, and for nobody else: clients with one name agree through `navigator.locks`
   * who writes the copy and who sends whose writes. Without a name the storage is used by one client at a time.
   */
  readonly name?: string
  /** Everything that was kept. */
  load(): Promise<StoredState>
  /** The waiting writes only, as `load` answers them. */
  loadWrites(): Promise<readonly StoredWrite[]>
  /** Keeps all of the step, durably, or rejects and keeps nothing of it. Steps take effect in the order of the calls. */
  commit(step: StorageStep): Promise<void>
  close?(): Promise<void>
}
