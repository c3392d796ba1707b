import { type Context, transact } from '../context.ts'
import { lockSpace } from '../database/sql.ts'

/** What several statements have read; the first and the last of them tell the revision of the space. */
export interface Reading<T> {
  readonly value: T
  readonly revisionBefore: number
  readonly revisionAfter: number
}

/** How often a read that a write has overtaken begins anew before it makes writes wait. */
const attempts = 2

/**
 * Several statements that see one state of the caller's space. Every change of what they read moves the revision in the
 * same transaction: if it is the same in the first and in the last of them, nothing moved between.
 */
export async function atOneRevision<T>(
  ctx: Context,
  read: (db: Context['db']) => Promise<Reading<T>>,
): Promise<{ revision: number; value: T }> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { value, revisionBefore, revisionAfter } = await read(ctx.db)
    if (revisionBefore === revisionAfter) return { revision: revisionBefore, value }
  }
  return transact(ctx, async (ctx) => {
    await lockSpace(ctx.db, ctx.caller.spaceId)
    const { value, revisionBefore } = await read(ctx.db)
    return { revision: revisionBefore, value }
  })
}
