import { originOf, recordEvent } from '../account-events/index.ts'
import { type Context, transact } from '../context.ts'
import type { Database } from '../database/open.ts'
import { isoInstant, lockUser } from '../database/sql.ts'
import type { Visit } from '../verb.ts'
import { hashToken, refusalLife } from './change-email.ts'
import { endUnfinished } from './reset-links.ts'

export type RefusalOutcome = 'refused' | 'taken' | 'expired'

type From = Pick<Context, 'db' | 'now' | 'publish'> & { readonly visit: Visit }

/**
 * Keeps the old address, or brings it back when the new one was confirmed already, and ends all sessions: whoever
 * asked for the change was not the owner. Works once.
 */
export function refuseEmail(ctx: From, token: string): Promise<RefusalOutcome> {
  return transact(ctx, async ({ db, now, publish, visit }) => {
    const refused = db.selectFrom('email_changes').selectAll().where('refuse_hash', '=', hashToken(token))
    const found = await refused.executeTakeFirst()
    if (!found) return 'expired'
    await lockUser(db, found.user_id)
    // What it waited for may have been a confirmation, or the same refusal.
    const change = await refused.executeTakeFirst()
    if (!change || isTooLate(change.created_at, now)) return 'expired'
    await db
      .deleteFrom('email_changes')
      .where('user_id', '=', change.user_id)
      .where('created_at', '>=', isoInstant(change.created_at))
      .execute()
    await db.deleteFrom('sessions').where('user_id', '=', change.user_id).execute()
    await endUnfinished(db, change.user_id)
    publish({ userId: change.user_id })
    if (change.confirmed_at === null) return 'refused'
    const outcome = await restoreEmail(db, change, now)
    if (outcome === 'refused')
      await recordEvent(db, { userId: change.user_id, kind: 'email_changed', origin: originOf(visit), now })
    return outcome
  })
}

interface Change {
  readonly user_id: string
  readonly old_email: string
  readonly old_verified: boolean | number
}

async function restoreEmail(db: Database, change: Change, now: Date): Promise<RefusalOutcome> {
  const { user_id, old_email, old_verified } = change
  const owner = await db
    .selectFrom('users')
    .select('id')
    .where('email', '=', old_email)
    .where('id', '<>', user_id)
    .executeTakeFirst()
  if (owner) return 'taken'
  await db
    .updateTable('users')
    .set({ email: old_email, email_verified: Boolean(old_verified), updated_at: now.toISOString() })
    .where('id', '=', user_id)
    .execute()
  return 'refused'
}

function isTooLate(createdAt: string | Date, now: Date): boolean {
  return now.getTime() - new Date(createdAt).getTime() > refusalLife
}
