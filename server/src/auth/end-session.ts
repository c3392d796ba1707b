import { originOf, recordEvent } from '../account-events/index.ts'
import { type Context, transact } from '../context.ts'
import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { readSessionToken } from './session-token.ts'

export interface SignOut extends Pick<Context, 'db' | 'publish'> {
  readonly auth: Auth
}

/** Ends the session that a request came with, if any. */
export async function endSession({ db, publish, auth }: SignOut, visit: Visit): Promise<void> {
  const { authCookies, secret } = await auth.$context
  const token = readSessionToken(visit.headers, { cookieName: authCookies.sessionToken.name, secret })
  if (token === undefined) return
  await transact({ db, publish }, async ({ db, publish }) => {
    const ended = await db.deleteFrom('sessions').where('token', '=', token).returning('user_id').executeTakeFirst()
    if (!ended) return
    await recordEvent(db, { userId: ended.user_id, kind: 'sign_out', origin: originOf(visit), now: new Date() })
    publish({ userId: ended.user_id })
  })
}
