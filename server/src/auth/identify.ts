import type { Caller } from '../context.ts'
import type { Database } from '../database/open.ts'
import type { Visit } from '../verb.ts'
import type { Activity } from './activity.ts'
import type { FindCaller } from './find-caller.ts'
import { createFindTokenCaller, readApiToken } from './find-token-caller.ts'

export type Identify = (
  visit: Visit,
  now: Date,
) => Promise<{ caller: Caller; setCookie?: readonly string[] } | undefined>

/** Makes the check of who asks: by API token when one is shown, else by session. */
export function createIdentify(options: { db: Database; findCaller: FindCaller; activity: Activity }): Identify {
  const { findCaller } = options
  const findTokenCaller = createFindTokenCaller(options)
  return async (visit, now) => {
    const token = readApiToken(visit.headers.authorization)
    if (token === undefined) return findCaller(visit, now)
    const caller = await findTokenCaller(token, now)
    return caller && { caller }
  }
}
