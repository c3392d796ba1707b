import type { GenericEndpointContext } from 'better-auth'
import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { readSignedCookie } from './session-token.ts'

/** The address of the account whose password was right and whose second factor is awaited, by its cookie. */
export async function findChallenged(auth: Auth, visit: Visit): Promise<string | undefined> {
  const { createAuthCookie, secret, internalAdapter } = await auth.$context
  const cookieName = createAuthCookie('two_factor').name
  const identifier = readSignedCookie(visit.headers, { cookieName, secret })
  if (identifier === undefined) return undefined
  const challenge = await internalAdapter.findVerificationValue(identifier)
  const user = challenge && (await internalAdapter.findUserById(challenge.value))
  return user?.email
}

/** The user whose second factor is awaited, as the hooks of Better Auth's own routes see it. */
export async function findAwaited({ context, getSignedCookie }: GenericEndpointContext): Promise<string | undefined> {
  const identifier = await getSignedCookie(context.createAuthCookie('two_factor').name, context.secret)
  const challenge = identifier ? await context.internalAdapter.findVerificationValue(identifier) : null
  return challenge?.value
}
