import { daysAgo, inBatch, type RetentionContext } from './batch.ts'
import { deleteExpired, deleteKeptReplies } from './queries.ts'

const daysOfReplies = 1
const most = 100

/** Removes kept replies after a day, and sessions and verifications whose time is over. Answers whether more are left. */
export async function removeExpired(ctx: RetentionContext, signal: AbortSignal): Promise<boolean> {
  const now = ctx.now.toISOString()
  const steps = [
    (ctx: RetentionContext) => deleteKeptReplies(ctx.db, daysAgo(ctx.now, daysOfReplies), most),
    (ctx: RetentionContext) => deleteExpired(ctx.db, 'sessions', now, most),
    (ctx: RetentionContext) => deleteExpired(ctx.db, 'verifications', now, most),
  ]
  let hasMore = false
  for (const step of steps) {
    if (signal.aborted) return true
    hasMore = (await inBatch(ctx, step)) === most || hasMore
  }
  return hasMore
}
