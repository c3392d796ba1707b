import { randomBytes } from 'node:crypto'
import type { contract } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import { originOf, recordEvent } from '../account-events/index.ts'
import { hashApiToken } from '../auth/index.ts'
import { transact } from '../context.ts'
import { lockSpace } from '../database/sql.ts'
import { invalid, Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import { countTokens, toToken } from './queries.ts'

const mostTokens = 100

/** Makes an API token. Only its digest is kept, so the reply is the only place that ever shows it. */
export const createToken: Verb<typeof contract.createToken> = async (ctx, { body }) => {
  const { name, scopes, expiresAt = null } = body
  const now = ctx.now.toISOString()
  if (expiresAt !== null && expiresAt <= now) throw invalid('/body/expiresAt', 'must be in the future')
  const token = `tw_${randomBytes(32).toString('hex')}`
  return transact(ctx, async (ctx) => {
    const { userId, spaceId } = ctx.caller
    // So that of many requests at once not one too many counts the same number.
    await lockSpace(ctx.db, spaceId)
    if ((await countTokens(ctx.db, userId)) >= mostTokens) throw tooMany()
    const row = {
      id: uuidv7(),
      name: name.trim(),
      scopes: scopes.join(' '),
      created_at: now,
      last_used_at: null,
      expires_at: expiresAt,
    }
    await ctx.db
      .insertInto('api_tokens')
      .values({ ...row, user_id: userId, hash: hashApiToken(token) })
      .execute()
    await recordEvent(ctx.db, { userId, kind: 'token_created', origin: originOf(ctx.visit), now: ctx.now })
    return { body: { ...toToken(row), token } }
  })
}

function tooMany(): Refusal {
  return new Refusal('quota_exceeded', { detail: `There are ${mostTokens} API tokens already: delete one first.` })
}
