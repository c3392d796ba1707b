import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { readSessionToken } from './session-token.ts'

/** Ends the session that a request came with, if any. */
export async function endSession(auth: Auth, visit: Visit): Promise<void> {
  const { authCookies, secret, internalAdapter } = await auth.$context
  const token = readSessionToken(visit.headers, { cookieName: authCookies.sessionToken.name, secret })
  if (token === undefined) return
  await internalAdapter.deleteSession(token)
  // It reports success even when the store failed.
  if (await internalAdapter.findSession(token)) throw new Error('The session could not be ended')
}
