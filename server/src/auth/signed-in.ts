import type { User } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { accountGone } from '../errors.ts'
import { toUser, userColumns } from './rows.ts'

/** @throws unauthenticated when the user is gone: deleted while the request was under way */
export async function getUser(db: Database, userId: string): Promise<User> {
  const row = await db
    .selectFrom('users')
    .select(userColumns)
    .where('users.id', '=', userId)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirstOrThrow(accountGone)
  return toUser(row)
}
