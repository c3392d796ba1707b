import type { contract, Input } from '@taskwell/api'
import { Refusal } from '../errors.ts'
import type { Verb, Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { endSession, type SessionEnding } from './end-session.ts'
import { handOverJson, sessionHeaders } from './hand-over.ts'
import { type NativeReply, readReply } from './native-reply.ts'
import { refusalOf } from './refusals.ts'
import { getSessionOf, getUser } from './signed-in.ts'

interface Step {
  readonly response: Response
  readonly reply: NativeReply
}

/** Signs in, with both factors where there are two. The session that came with the request, if any, ends. */
export function loginWith({ db, auth, publish }: SessionEnding): Verb<typeof contract.login> {
  return async (visit, { body }) => {
    const { response, reply } = await signIn(auth, visit, body)
    const { token, user } = reply
    if (isNoAddress(reply.code)) throw new Refusal('invalid_credentials')
    if (!response.ok || !token || user === undefined) throw refusalOf(response.status, reply.code)
    await endSession({ db, auth, publish }, visit)
    return {
      body: { user: await getUser(db, user.id), session: await getSessionOf(db, user.id, token) },
      headers: sessionHeaders(response),
    }
  }
}

async function signIn(auth: Auth, visit: Visit, body: Input<typeof contract.login>['body']): Promise<Step> {
  const { email, password, rememberMe = true, code } = body
  const first = await ask(auth, visit, '/sign-in/email', { email, password, rememberMe })
  if (!first.reply.twoFactorRedirect) return first
  if (code === undefined) {
    throw new Refusal('two_factor_required', {
      detail: 'Send the code of your app, or a backup code, as `code` along with address and password.',
    })
  }
  const second = await giveCode(auth, visit, first.response, code.replaceAll(/\s/g, ''))
  // Somebody else used a backup code in the same moment: asked again, it is told whether it was this one.
  return second.response.status === 409 ? signIn(auth, visit, body) : second
}

/** The second step of Better Auth's own flow, which knows of the first by its cookies. */
function giveCode(auth: Auth, { headers, ip }: Visit, first: Response, code: string): Promise<Step> {
  const path = /^\d{6}$/.test(code) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code'
  const cookies = first.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  const { authorization: _, ...others } = headers
  return ask(auth, { headers: { ...others, cookie: cookies.join('; ') }, ip }, path, { code })
}

async function ask(auth: Auth, visit: Visit, path: string, value: unknown): Promise<Step> {
  const response = await handOverJson(auth, visit, path, value)
  return { response, reply: await readReply(response) }
}

/** What Better Auth does not take for an address cannot belong to an account. */
function isNoAddress(code: string | undefined): boolean {
  return code === 'INVALID_EMAIL' || code === 'VALIDATION_ERROR'
}
