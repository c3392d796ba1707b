import type { contract } from '@taskwell/api'
import type { Verb, Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { endSession, type SignOut } from './end-session.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'

/** Ends the session that the request came with; fine without one. */
export function logoutWith(options: SignOut): Verb<typeof contract.logout> {
  return async (visit) => {
    await endSession(options, visit)
    return { body: undefined, headers: await signOutHeaders(options.auth, visit) }
  }
}

/** What makes a browser forget the session, which has ended already. */
export async function signOutHeaders(auth: Auth, visit: Visit): Promise<Record<string, string | string[]>> {
  const response = await handOverJson(auth, visit, '/sign-out', {})
  const { code } = await readReply(response)
  if (!response.ok) throw refusalOf(response.status, code)
  return { ...sessionHeaders(response), 'clear-site-data': '"cache"' }
}
