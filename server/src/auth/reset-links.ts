import { createHash } from 'node:crypto'
import type { Database } from '../database/open.ts'

/** How long a link to choose a new password works, in seconds. */
export const resetLinkLife = 10 * 60

const kind = 'reset-password:'

/**
 * How Better Auth's verification values are kept: hashed, so that whoever reads the store cannot use them. What a
 * value is for stays readable, so that all reset links of a user can be found.
 */
export async function hashIdentifier(identifier: string): Promise<string> {
  const hash = createHash('sha256').update(identifier).digest('base64url')
  return identifier.startsWith(kind) ? kind + hash : hash
}

/** Ends the reset links of a user: all, or those that are older than the given one. */
export async function endResetLinks(db: Database, userId: string, newest?: string): Promise<void> {
  await db
    .deleteFrom('verifications')
    .where('value', '=', userId)
    .where('identifier', 'like', `${kind}%`)
    // Ids are in the order of time, so that of two links asked for at once one remains.
    .$if(newest !== undefined, (query) => query.where('id', '<', newest ?? ''))
    .execute()
}

/** Ends what is under way to get into an account: reset links, and sign-ins that wait for the second factor. */
export async function endUnfinished(db: Database, userId: string): Promise<void> {
  await db.deleteFrom('verifications').where('value', '=', userId).execute()
}
