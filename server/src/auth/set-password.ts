import { v7 as uuidv7 } from 'uuid'
import type { Database } from '../database/open.ts'
import { isLegalText } from '../text/index.ts'
import type { Auth } from './create-auth.ts'
import { getUserId } from './get-user-id.ts'
import { endUnfinished } from './reset-links.ts'
import { checkNewPassword } from './user-rules.ts'

/**
 * Gives an account a new password, and ends its sessions and reset links.
 * @throws when nobody has the address, or the password breaks a rule
 */
export async function setPassword(
  { db, auth }: { db: Database; auth: Auth },
  { email, password, now }: { email: string; password: string; now: Date },
): Promise<void> {
  await checkNewPassword(password)
  if (!isLegalText(password)) throw new Error('The password has characters that are not allowed.')
  const id = await getUserId(db, email)
  const context = await auth.$context
  const hash = await context.password.hash(password)
  const at = now.toISOString()
  await db.transaction().execute(async (db) => {
    await db
      .updateTable('accounts')
      .set({ password: hash, updated_at: at })
      .where('user_id', '=', id)
      .where('provider_id', '=', 'credential')
      .execute()
    await endUnfinished(db, id)
    await db.deleteFrom('sessions').where('user_id', '=', id).execute()
    const event = { id: uuidv7(), user_id: id, at, kind: 'password_changed', ip: null, user_agent: null }
    await db.insertInto('account_events').values(event).execute()
  })
}
