import type { StorageStep, SyncStorage } from './storage.ts'

/** Hands steps to the storage. What cannot be kept is told, and goes on in memory: nothing is lost while the program runs. */
export interface Keeper {
  /** Never rejects. */
  keep(step: StorageStep): Promise<void>
  /** When all that was handed over is kept. */
  finish(): Promise<void>
}

export function createKeeper(storage: SyncStorage, onFault: (error: unknown) => void): Keeper {
  let all: Promise<void> = Promise.resolve()
  return {
    keep: (step) => {
      const kept = storage.commit(step).catch(onFault)
      all = all.then(() => kept)
      return kept
    },
    finish: () => all,
  }
}
