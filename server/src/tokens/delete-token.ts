import type { contract } from '@taskwell/api'
import { originOf, recordEvent } from '../account-events/index.ts'
import { transact } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Verb } from '../verb.ts'

/** Deletes an API token: it is refused from the next request on, and its connections end. */
export const deleteToken: Verb<typeof contract.deleteToken> = async (ctx, { params }) => {
  return transact(ctx, async (ctx) => {
    const { userId } = ctx.caller
    const deleted = await ctx.db
      .deleteFrom('api_tokens')
      .where('user_id', '=', userId)
      .where('id', '=', params.id)
      .returning('id')
      .executeTakeFirst()
    if (!deleted) throw notFound('API token')
    await recordEvent(ctx.db, { userId, kind: 'token_deleted', origin: originOf(ctx.visit), now: ctx.now })
    ctx.publish({ userId })
    return { body: undefined }
  })
}
