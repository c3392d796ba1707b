import type { Database } from '../database/open.ts'
import { eraseAccount } from './erase-account.ts'
import { closeAccount } from './queries.ts'

/**
 * Deletes an account without its password, for whoever runs the server: closed at once, then erased in short steps. Ended
 * in between, a server erases the rest.
 */
export async function deleteUser(db: Database, { userId, now }: { userId: string; now: Date }): Promise<void> {
  await db.transaction().execute((db) => closeAccount(db, userId, now.toISOString()))
  await eraseAccount(db, userId, () => {})
}
