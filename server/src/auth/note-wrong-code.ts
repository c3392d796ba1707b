import type { GenericEndpointContext } from 'better-auth'
import { isAPIError } from 'better-auth/api'
import type { FailedSignIn } from '../account-events/index.ts'
import { originOfRequest } from './auth-request.ts'
import { findAwaited } from './two-factor-challenge.ts'

const wrongCodes = ['INVALID_CODE', 'INVALID_BACKUP_CODE']

export function hasWrongCode(returned: unknown): boolean {
  return isAPIError(returned) && wrongCodes.includes(String(returned.body?.code))
}

/** A sign-in with a wrong second factor is a failed one, and a grave one: whoever tries knows the password. */
export async function noteWrongCode(
  request: GenericEndpointContext,
  onSignInFailed: (attempt: FailedSignIn) => void,
): Promise<void> {
  const userId = await findAwaited(request)
  const user = userId === undefined ? null : await request.context.internalAdapter.findUserById(userId)
  if (user) onSignInFailed({ email: user.email, origin: originOfRequest(request), at: new Date() })
}
