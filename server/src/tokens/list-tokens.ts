import type { contract } from '@taskwell/api'
import type { Verb } from '../verb.ts'
import { findTokens, toToken } from './queries.ts'

/** Lists the caller's API tokens, without what they can be used with. */
export const listTokens: Verb<typeof contract.listTokens> = async ({ db, caller }) => {
  const rows = await findTokens(db, caller.userId)
  return { body: { items: rows.map(toToken) } }
}
