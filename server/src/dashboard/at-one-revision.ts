import { type Context, transact } from '../context.ts'
import { lockSpace } from '../database/sql.ts'
import { findRevision } from './queries.ts'

/** How often a read that a write has overtaken begins anew before it makes writes wait. */
const attempts = 2

/**
 * Several statements that see one state of the caller's space, and its revision. Every change of what they read moves
 * the revision in the same transaction: if it is the same before and after, nothing moved between.
 */
export async function atOneRevision<T>(
  ctx: Context,
  read: (db: Context['db']) => Promise<T>,
): Promise<{ revision: number; value: T }> {
  const { spaceId } = ctx.caller
  for (let attempt = 0; attempt < attempts; attempt++) {
    const revision = await findRevision(ctx.db, spaceId)
    const value = await read(ctx.db)
    if (revision === (await findRevision(ctx.db, spaceId))) return { revision, value }
  }
  return transact(ctx, async (ctx) => {
    await lockSpace(ctx.db, spaceId)
    return { revision: await findRevision(ctx.db, spaceId), value: await read(ctx.db) }
  })
}
