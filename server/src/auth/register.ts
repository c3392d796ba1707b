import type { contract, Input } from '@taskwell/api'
import type { Verb, Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { type NativeReply, readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'
import { withNewSession } from './new-session.ts'

type Body = Input<typeof contract.register>['body']

/**
 * Creates an account and signs in. Where the address must be verified first there is no session, and the reply for a
 * taken address looks the same.
 */
export function registerWith({ auth }: { auth: Auth }): Verb<typeof contract.register> {
  return async (visit, { body }) => {
    const { result, session = null } = await withNewSession(() => signUp(auth, visit, body))
    const { response, reply } = result
    const { user } = reply
    if (!response.ok || user === undefined) throw refusalOf(response.status, reply.code)
    const { id, name, email, emailVerified, timeZone, createdAt } = user
    return {
      body: {
        user: { id, name, email, emailVerified, twoFactorEnabled: false, timeZone, createdAt },
        session,
      },
      headers: sessionHeaders(response),
    }
  }
}

async function signUp(auth: Auth, visit: Visit, body: Body): Promise<{ response: Response; reply: NativeReply }> {
  const first = await trySignUp(auth, visit, body)
  // Of two requests at once for one address the loser fails at the unique key; asked again, it is told of the winner.
  return first.reply.code === 'FAILED_TO_CREATE_USER' ? trySignUp(auth, visit, body) : first
}

async function trySignUp(auth: Auth, visit: Visit, body: Body): Promise<{ response: Response; reply: NativeReply }> {
  const { name, email, password, timeZone } = body
  const response = await handOverJson(auth, visit, '/sign-up/email', { name, email, password, timeZone })
  return { response, reply: await readReply(response) }
}
