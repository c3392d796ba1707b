import type { contract } from '@taskwell/api'
import { Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import { sessionColumns, toSession } from './rows.ts'
import { getUser } from './signed-in.ts'

/** Tells who is signed in, and until when. */
export const getSession: Verb<typeof contract.getSession> = async ({ db, caller }) => {
  const row = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('sessions.user_id', '=', caller.userId)
    .where('sessions.id', '=', caller.sessionId ?? '')
    .executeTakeFirst()
  if (row === undefined) throw new Refusal('unauthenticated')
  return { body: { user: await getUser(db, caller.userId), session: toSession(row) } }
}
