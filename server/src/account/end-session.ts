import type { contract } from '@taskwell/api'
import { originOf, recordEvent } from '../account-events/index.ts'
import { type Auth, signOutHeaders } from '../auth/index.ts'
import { transact } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Verb } from '../verb.ts'

/** Ends one of the caller's sessions; the current one as by signing out. */
export function endSessionWith({ auth }: { auth: Auth }): Verb<typeof contract.endSession> {
  return async (ctx, { params }) => {
    const isCurrent = params.id === ctx.caller.sessionId
    await transact(ctx, async (ctx) => {
      const { userId } = ctx.caller
      const ended = await ctx.db
        .deleteFrom('sessions')
        .where('user_id', '=', userId)
        .where('id', '=', params.id)
        .where('expires_at', '>', ctx.now.toISOString())
        .returning('id')
        .executeTakeFirst()
      if (!ended) throw notFound('Session')
      const kind = isCurrent ? 'sign_out' : 'session_ended'
      await recordEvent(ctx.db, { userId, kind, origin: originOf(ctx.visit), now: ctx.now })
      ctx.publish({ userId })
    })
    return isCurrent ? { body: undefined, headers: await signOutHeaders(auth, ctx.visit) } : { body: undefined }
  }
}
