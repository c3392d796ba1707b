import type { contract } from '@taskwell/api'
import type { Verb } from '../verb.ts'
import { findSessions } from './sessions.ts'

/** Lists where the caller is signed in. */
export const listSessions: Verb<typeof contract.listSessions> = async (ctx) => {
  return { body: { items: await findSessions(ctx) } }
}
