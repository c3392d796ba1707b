import type { contract } from '@taskwell/api'
import type { Verb } from '../verb.ts'
import { getUser } from './signed-in.ts'

/** Reads the caller's own account. */
export const getAccount: Verb<typeof contract.getAccount> = async ({ db, caller }) => {
  return { body: await getUser(db, caller.userId) }
}
