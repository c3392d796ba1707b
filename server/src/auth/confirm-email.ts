import { type Context, transact } from '../context.ts'
import { lockUser } from '../database/sql.ts'
import { hashToken } from './change-email.ts'
import { endResetLinks } from './reset-links.ts'

export type Confirmation = 'confirmed' | 'taken' | 'expired'

/** Makes the new address the one of the account. A link that is opened again answers the same and does nothing. */
export function confirmEmail(ctx: Pick<Context, 'db' | 'now' | 'publish'>, token: string): Promise<Confirmation> {
  return transact(ctx, async ({ db, now, publish }) => {
    const change = await db
      .selectFrom('email_changes')
      .select(['id', 'user_id', 'old_email', 'new_email'])
      .where('confirm_hash', '=', hashToken(token))
      .where('expires_at', '>', now.toISOString())
      .executeTakeFirst()
    if (!change) return 'expired'
    await lockUser(db, change.user_id)
    const { email } = await db
      .selectFrom('users')
      .select('email')
      .where('id', '=', change.user_id)
      .executeTakeFirstOrThrow()
    if (email === change.new_email) return 'confirmed'
    if (email !== change.old_email) return 'expired'
    const owner = await db.selectFrom('users').select('id').where('email', '=', change.new_email).executeTakeFirst()
    if (owner) return 'taken'
    await db
      .updateTable('users')
      .set({ email: change.new_email, email_verified: true, updated_at: now.toISOString() })
      .where('id', '=', change.user_id)
      .execute()
    // They are in the mailbox of the old address.
    await endResetLinks(db, change.user_id)
    await db.updateTable('email_changes').set({ confirmed_at: now.toISOString() }).where('id', '=', change.id).execute()
    publish({ userId: change.user_id })
    return 'confirmed'
  })
}
