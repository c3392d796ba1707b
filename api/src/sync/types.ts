import type { User } from '../account.ts'
import type { Operation } from '../batch.ts'
import type { Problem } from '../errors.ts'
import type { NewTask, Task, TaskChanges } from '../tasks.ts'
import type { SyncStorage } from './storage.ts'

/** One step of a write; beside those of a batch, what is undone and erased. */
export type SyncOperation = Operation | { readonly op: 'erase'; readonly id: string }

export type SyncKind = 'create' | 'update' | 'delete' | 'restore' | 'batch' | 'erase' | 'empty bin' | 'undo'

/**
 * `live`: the copy follows the server, pushed over a socket or, where none gets through, asked for every few seconds.
 * `signed out`: the session ended; the copy and the waiting writes are kept until somebody is signed in again.
 */
export type SyncStatus = 'live' | 'catching up' | 'offline' | 'signed out'

export interface SyncSnapshot {
  readonly status: SyncStatus
  /**
   * The server's tasks with the waiting writes applied, by id, in no particular order. Deleted tasks are there, with
   * `deletedAt`, until they are erased. A task that the server does not know yet has `revision` 0.
   */
  readonly tasks: ReadonlyMap<string, Task>
  /** Of the server's copy. */
  readonly revision: number
  /** How many writes the server has not acknowledged. */
  readonly pending: number
  /** Writes that the server would not take, oldest first, until they are dismissed. */
  readonly refusals: readonly SyncRefusal[]
  /** The account as the server last told of a change; null before. */
  readonly account: User | null
}

export interface SyncRefusal {
  readonly write: { readonly id: string; readonly kind: SyncKind; readonly operations: readonly SyncOperation[] }
  readonly problem: Problem
  /** When the refusal came, as an instant in UTC. */
  readonly at: string
}

/** A write, applied to the snapshot from the moment it is made. */
export interface SyncWrite {
  readonly id: string
  readonly taskIds: readonly string[]
  /** Never rejects. Waits as long as the server cannot be reached, and for ever once the sync is closed. */
  readonly settled: Promise<SyncOutcome>
}

/** `revision` is null when the write changed nothing: it was taken back, or what it wanted was so already. */
export type SyncOutcome =
  | { readonly status: 'saved'; readonly revision: number | null }
  | { readonly status: 'refused'; readonly problem: Problem }

export interface SyncOptions {
  /** Where copy and waiting writes outlive the program; one for each user. Default: memory. */
  readonly storage?: SyncStorage
  /** Pauses after a failure double from `first` to `most`, in milliseconds; each is shortened by chance, by up to half. */
  readonly pauses?: { readonly first: number; readonly most: number }
  /** Hears of what goes wrong without being anybody's answer, such as a storage that is full. Default: nobody. */
  readonly onFault?: (error: unknown) => void
}

export interface Sync {
  /** The same object until something changes. */
  getSnapshot(): SyncSnapshot
  /** Calls the listener after changes, several at once where they come fast. Answers how to stop that. */
  subscribe(listener: () => void): () => void
  /** The id is made here unless the task has one. */
  createTask(task: NewTask): SyncWrite
  updateTask(id: string, changes: TaskChanges): SyncWrite
  deleteTask(id: string): SyncWrite
  restoreTask(id: string): SyncWrite
  /** 1 to 100 operations, all or nothing. */
  batch(operations: readonly Operation[]): SyncWrite
  eraseTask(id: string): SyncWrite
  /** Erases the tasks that are in the bin of the snapshot, not those that come to it until the server hears of it. */
  emptyBin(): SyncWrite
  /**
   * Takes a write back that was not sent and that nothing waiting builds upon; has any other one undone by the server.
   * Undefined for a write that this sync does not know, that was refused or changed nothing, and for erasing.
   */
  undo(writeId: string): SyncWrite | undefined
  dismissRefusal(writeId: string): void
  /** Tries at once what waits for its time, also after `signed out`: call it when somebody has signed in again. */
  reconnect(): void
  /** Ends connections; what waits stays in the storage. */
  close(): Promise<void>
}
