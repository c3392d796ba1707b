import type { StorageStep, SyncStorage } from './storage.ts'

/** Hands steps to the storage. What cannot be kept is told, and goes on in memory: nothing is lost while the program runs. */
export interface Keeper {
  /** Never rejects. */
  keep(step: StorageStep): Promise<void>
  /** When all that was handed over is kept. */
  finish(): Promise<void>
}

export function createKeeper(options: {
  readonly storage: SyncStorage
  /** Whether this client keeps the copy, too, or its writes alone. */
  keepsCopy(): boolean
  onFault(error: unknown): void
}): Keeper {
  let all: Promise<void> = Promise.resolve()
  return {
    keep: (step) => {
      const kept = options.storage.commit(options.keepsCopy() ? step : withoutCopy(step)).catch(options.onFault)
      all = all.then(() => kept)
      return kept
    },
    finish: () => all,
  }
}

function withoutCopy({ putWrites, deleteWrites, putRefusals, deleteRefusals }: StorageStep): StorageStep {
  return {
    ...(putWrites && { putWrites }),
    ...(deleteWrites && { deleteWrites }),
    ...(putRefusals && { putRefusals }),
    ...(deleteRefusals && { deleteRefusals }),
  }
}
