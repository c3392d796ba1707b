import type { contract } from '@taskwell/api'
import type { Verb } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { endSession } from './end-session.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'

/** Ends the session that the request came with; fine without one. */
export function logoutWith({ auth }: { auth: Auth }): Verb<typeof contract.logout> {
  return async (visit) => {
    await endSession(auth, visit)
    const response = await handOverJson(auth, visit, '/sign-out', {})
    const { code } = await readReply(response)
    if (!response.ok) throw refusalOf(response.status, code)
    return { body: undefined, headers: { ...sessionHeaders(response), 'clear-site-data': '"cache"' } }
  }
}
