import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import { handOverJson } from './hand-over.ts'
import { readReply } from './native-reply.ts'

export type ResetOutcome = 'changed' | 'expired' | { readonly fault: string }

/** Sets the password of whoever has the link. Answers what is wrong with the password in plain words. */
export async function resetPassword(
  auth: Auth,
  visit: Visit,
  input: { token: string; newPassword: string },
): Promise<ResetOutcome> {
  const response = await handOverJson(auth, visit, '/reset-password', input)
  const { code, message } = await readReply(response)
  if (response.ok) return 'changed'
  if (code === 'INVALID_TOKEN' || code === 'USER_NOT_FOUND' || input.token === '') return 'expired'
  if (response.status < 500 && message !== undefined) return { fault: message }
  throw new Error(`Better Auth answered ${response.status} ${code ?? 'without a code'}`)
}
