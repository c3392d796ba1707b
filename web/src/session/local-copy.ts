import type { Sync, SyncStorage } from '@taskwell/api'
import { server } from '../server.ts'
import { forgetOfflineTexts } from '../tasks/offline-texts.ts'
import { deleteIndexedDb, openIndexedDb } from './indexed-db.ts'

/** A user's tasks in this browser. */
export interface LocalCopy {
  readonly sync: Sync
  /** False where the browser keeps nothing, as in some private windows: closing the tab then loses what was not sent. */
  readonly isLasting: boolean
  close(): Promise<void>
}

const patience = 3_000

/** Opens the user's copy, which no other user's page ever opens. */
export async function openLocalCopy(userId: string): Promise<LocalCopy> {
  const storage = await openStorage(databaseName(userId))
  const sync = server.sync(storage ? { storage } : {})
  return { sync, isLasting: storage !== undefined, close: () => sync.close() }
}

/** Removes the user's copy from this browser. */
export async function removeLocalCopies(userId: string): Promise<void> {
  forgetOfflineTexts(userId)
  await deleteIndexedDb(databaseName(userId)).catch(() => {})
}

async function openStorage(name: string): Promise<SyncStorage | undefined> {
  // A database that another tab blocks neither opens nor fails.
  const tooLate = new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), patience))
  return Promise.race([openIndexedDb(name).catch(() => undefined), tooLate])
}

function databaseName(userId: string): string {
  return `taskwell-${userId}`
}
