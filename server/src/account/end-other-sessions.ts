import type { contract } from '@taskwell/api'
import { originOf, recordEvent } from '../account-events/index.ts'
import { transact } from '../context.ts'
import type { Verb } from '../verb.ts'

/** Ends all of the caller's sessions but the one that asks. */
export const endOtherSessions: Verb<typeof contract.endOtherSessions> = async (ctx) => {
  return transact(ctx, async (ctx) => {
    const { userId, sessionId } = ctx.caller
    const ended = await ctx.db
      .deleteFrom('sessions')
      .where('user_id', '=', userId)
      .where('id', '<>', sessionId ?? '')
      .returning('id')
      .execute()
    for (const _ of ended)
      await recordEvent(ctx.db, { userId, kind: 'session_ended', origin: originOf(ctx.visit), now: ctx.now })
    ctx.publish({ userId })
    return { body: undefined }
  })
}
