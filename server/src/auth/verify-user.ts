import type { Database } from '../database/open.ts'
import { getUserId } from './get-user-id.ts'

/** Takes the address as confirmed, whatever mail got lost. @throws when nobody has it */
export async function verifyUser(db: Database, { email, now }: { email: string; now: Date }): Promise<void> {
  const id = await getUserId(db, email)
  const change = { email_verified: true, updated_at: now.toISOString() }
  await db.updateTable('users').set(change).where('id', '=', id).execute()
}
