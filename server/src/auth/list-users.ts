import type { User } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { toUser, userColumns } from './rows.ts'

const page = 500

/** Everybody, oldest first, read page by page. */
export async function* listUsers(db: Database): AsyncGenerator<User> {
  let after = ''
  for (;;) {
    const rows = await db
      .selectFrom('users')
      .select(userColumns)
      .where('users.id', '>', after)
      .where('users.deleted_at', 'is', null)
      .orderBy('users.id')
      .limit(page)
      .execute()
    yield* rows.map(toUser)
    const last = rows.at(-1)
    if (last === undefined || rows.length < page) return
    after = last.id
  }
}
