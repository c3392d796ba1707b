import { lockSpace } from '../database/sql.ts'
import { daysAgo, inBatch, type RetentionContext } from './batch.ts'
import { bySpace, deleteTombstones, listTombstones, raiseFloor } from './queries.ts'

const daysAsTombstone = 90
const most = 80

/**
 * Removes what is left of tasks that were erased 90 days ago. A client that was last here before that could not be told
 * of them any more: the floor of their space rises, and it has to start over. Answers whether more are left.
 */
export async function removeTombstones(ctx: RetentionContext, signal: AbortSignal): Promise<boolean> {
  const before = daysAgo(ctx.now, daysAsTombstone)
  const found = await listTombstones(ctx.db, before, most)
  for (const [spaceId, ids] of bySpace(found)) {
    if (signal.aborted) return true
    const removed = await inBatch(ctx, async (ctx) => {
      await lockSpace(ctx.db, spaceId)
      const revisions = await deleteTombstones(ctx.db, { spaceId, ids, before })
      await raiseFloor(ctx.db, spaceId, Math.max(0, ...revisions))
      return revisions.length
    })
    if (removed === undefined) return false
  }
  return found.length === most
}
