import { createHash, randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Database } from '../database/open.ts'
import { addressWantedMail, confirmAddressMail, queueMail, refuseAddressMail } from '../mail/index.ts'
import { confirmationLife } from './account-post.ts'

/** In milliseconds: how long the owner of the old address can refuse, also after the change. */
export const refusalLife = 3 * 24 * 60 * 60 * 1000

export interface EmailChange {
  readonly user: { readonly id: string; readonly email: string; readonly emailVerified: boolean }
  readonly newEmail: string
}

/**
 * Writes to both addresses: the new one confirms, the present one can refuse. Does as much for an address that is
 * taken, whose owner is told instead, so that nobody can find out in this way who has an account.
 */
export async function requestEmailChange(
  { db, baseUrl, now }: { db: Database; baseUrl: string; now: Date },
  { user, newEmail }: EmailChange,
): Promise<void> {
  const [confirmToken, refuseToken] = [newToken(), newToken()]
  const at = now.toISOString()
  const expiresAt = new Date(now.getTime() + confirmationLife * 1000)
  const refusableUntil = new Date(now.getTime() + refusalLife)
  const refuseLink = `${baseUrl}/refuse-email?token=${refuseToken}`
  const confirmLink = `${baseUrl}/confirm-email?token=${confirmToken}`
  await db.transaction().execute(async (db) => {
    const owner = await db.selectFrom('users').select('id').where('email', '=', newEmail).executeTakeFirst()
    await forgetUnconfirmed(db, user.id)
    await forgetOld(db, now)
    await db
      .insertInto('email_changes')
      .values({
        id: uuidv7(),
        user_id: user.id,
        old_email: user.email,
        old_verified: user.emailVerified,
        new_email: newEmail,
        confirm_hash: hashToken(confirmToken),
        refuse_hash: hashToken(refuseToken),
        created_at: at,
        expires_at: expiresAt.toISOString(),
      })
      .execute()
    const warning = refuseAddressMail(user.email, newEmail, refuseLink)
    await queueMail(db, warning, { userId: user.id, now, expiresAt: refusableUntil })
    if (owner) return queueMail(db, addressWantedMail(newEmail, baseUrl), { userId: owner.id, now })
    return queueMail(db, confirmAddressMail(newEmail, confirmLink), { userId: user.id, now, expiresAt })
  })
}

/** A newer request ends the older one; what was confirmed can still be refused. */
async function forgetUnconfirmed(db: Database, userId: string): Promise<void> {
  await db.deleteFrom('email_changes').where('user_id', '=', userId).where('confirmed_at', 'is', null).execute()
}

/** Of all users: those that can no longer be refused. */
async function forgetOld(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - refusalLife)
  await db.deleteFrom('email_changes').where('created_at', '<', before.toISOString()).execute()
}

function newToken(): string {
  return randomBytes(24).toString('base64url')
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
