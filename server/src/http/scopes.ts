import type { Endpoint } from '@taskwell/api'
import type { Caller } from '../context.ts'
import { Refusal } from '../errors.ts'

/** A caller with a session may do everything; an API token what its scopes say. */
export function refuseBeyondScope({ scope }: Endpoint, { token }: Caller): void {
  if (!token || (scope && token.scopes.includes(scope))) return
  const detail = scope
    ? `The API token lacks the scope ${scope}: make one that has it.`
    : 'API tokens cannot do this: sign in for it.'
  throw new Refusal('token_scope', { detail })
}
