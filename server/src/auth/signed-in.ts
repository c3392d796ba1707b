import type { Session, User } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { sessionColumns, toSession, toUser, userColumns } from './rows.ts'

/** @throws when the user is gone */
export async function getUser(db: Database, userId: string): Promise<User> {
  const row = await db.selectFrom('users').select(userColumns).where('users.id', '=', userId).executeTakeFirstOrThrow()
  return toUser(row)
}

/** @throws when the session is gone */
export async function getSessionOf(db: Database, userId: string, token: string): Promise<Session> {
  const row = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('sessions.user_id', '=', userId)
    .where('sessions.token', '=', token)
    .executeTakeFirstOrThrow()
  return toSession(row)
}
