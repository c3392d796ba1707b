import { type Calls, type ClientOptions, createCalls } from './calls.ts'
import { startSync, type Sync, type SyncOptions } from './sync/index.ts'

/** A function for each operation of the contract, and a copy of all tasks that stays right. */
export interface Client extends Calls {
  /** Keeps a copy of the user's tasks, live and offline. It starts at once and goes on until it is closed. */
  sync(options?: SyncOptions): Sync
}

/**
 * Makes a client for the contract.
 * Calls throw `TaskwellError` when the server refuses, and whatever `fetch` throws when it cannot be reached.
 */
export function createClient(options: ClientOptions = {}): Client {
  return { ...createCalls(options), sync: (settings) => startSync(options, settings) }
}
