import type { RetentionContext } from './batch.ts'
import { eraseOldTasks } from './erase-old-tasks.ts'
import { removeExpired } from './remove-expired.ts'
import { removeTombstones } from './remove-tombstones.ts'

/** One page of each kind of row whose time is over. Answers whether more of any kind is left. */
export async function runRetention(ctx: RetentionContext, signal: AbortSignal): Promise<boolean> {
  let hasMore = false
  for (const step of [eraseOldTasks, removeTombstones, removeExpired]) {
    hasMore = (await step(ctx, signal)) || hasMore
  }
  return hasMore
}
