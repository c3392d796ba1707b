import type { contract } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { endSession } from './end-session.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'
import { getSessionOf, getUser } from './signed-in.ts'

/** Signs in. The session that came with the request, if any, ends. */
export function loginWith({ db, auth }: { db: Database; auth: Auth }): Verb<typeof contract.login> {
  return async (visit, { body }) => {
    const { email, password, rememberMe = true } = body
    const response = await handOverJson(auth, visit, '/sign-in/email', { email, password, rememberMe })
    const { code, token, user, twoFactorRedirect } = await readReply(response)
    if (isNoAddress(code)) throw new Refusal('invalid_credentials')
    if (twoFactorRedirect) throw new Refusal('two_factor_required')
    if (!response.ok || !token || user === undefined) throw refusalOf(response.status, code)
    await endSession({ db, auth }, visit)
    return {
      body: { user: await getUser(db, user.id), session: await getSessionOf(db, user.id, token) },
      headers: sessionHeaders(response),
    }
  }
}

/** What Better Auth does not take for an address cannot belong to an account. */
function isNoAddress(code: string | undefined): boolean {
  return code === 'INVALID_EMAIL' || code === 'VALIDATION_ERROR'
}
