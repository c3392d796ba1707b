import { originOf, recordEvent } from '../account-events/index.ts'
import type { Context } from '../context.ts'
import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { readSessionToken } from './session-token.ts'

export interface SessionEnding extends Pick<Context, 'db' | 'publish'> {
  readonly auth: Auth
}

/** Ends the session that a request came with, if any. */
export async function endSession({ db, auth, publish }: SessionEnding, visit: Visit): Promise<void> {
  const { authCookies, secret } = await auth.$context
  const token = readSessionToken(visit.headers, { cookieName: authCookies.sessionToken.name, secret })
  if (token === undefined) return
  const ended = await db.deleteFrom('sessions').where('token', '=', token).returning('user_id').executeTakeFirst()
  if (!ended) return
  publish({ userId: ended.user_id })
  await recordEvent(db, { userId: ended.user_id, kind: 'sign_out', origin: originOf(visit), now: new Date() })
}
