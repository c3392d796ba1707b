import type { contract } from '@taskwell/api'
import type { Verb, Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { endSession, type SessionEnding } from './end-session.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'

/** Ends the session that the request came with; fine without one. */
export function logoutWith({ db, auth, publish }: SessionEnding): Verb<typeof contract.logout> {
  return async (visit) => {
    await endSession({ db, auth, publish }, visit)
    return { body: undefined, headers: await signOutHeaders(auth, visit) }
  }
}

/** What makes a browser forget the session, which has ended already. */
export async function signOutHeaders(auth: Auth, visit: Visit): Promise<Record<string, string | string[]>> {
  const response = await handOverJson(auth, visit, '/sign-out', {})
  const { code } = await readReply(response)
  if (!response.ok) throw refusalOf(response.status, code)
  return { ...sessionHeaders(response), 'clear-site-data': '"cache"' }
}
