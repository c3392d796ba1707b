import { lockSpace } from '../database/sql.ts'
import { eraseTasks } from '../tasks/index.ts'
import { daysAgo, inBatch, type RetentionContext } from './batch.ts'
import { bySpace, countHistory, keepBinned, listBinned } from './queries.ts'

const daysInBin = 30
/** What one transaction may erase: so many tasks, and rows of history beyond the first task's. */
const most = { tasks: 20, history: 200 }

/** Erases tasks that have been in the bin for 30 days, as `DELETE /api/bin/:id` does. Answers whether more are left. */
export async function eraseOldTasks(ctx: RetentionContext, signal: AbortSignal): Promise<boolean> {
  const before = daysAgo(ctx.now, daysInBin)
  const found = await listBinned(ctx.db, before, most.tasks)
  let left = found.length
  for (const [spaceId, ids] of bySpace(found)) {
    if (signal.aborted) return true
    const erased = await inBatch(ctx, async (ctx) => {
      await lockSpace(ctx.db, spaceId)
      // One may have been restored or erased in the meantime.
      const wanted = await keepBinned(ctx.db, { spaceId, ids, before })
      const taken = await takeWithHistory(ctx, spaceId, wanted)
      if (taken.length > 0) await eraseTasks(ctx, spaceId, taken)
      return taken.length
    })
    if (erased === undefined) return false
    left -= erased
  }
  return left > 0 || found.length === most.tasks
}

/** As many of the tasks as their history allows, and one at least. */
async function takeWithHistory(ctx: RetentionContext, spaceId: string, ids: readonly string[]): Promise<string[]> {
  const counts = await countHistory(ctx.db, spaceId, ids)
  let rows = 0
  return ids.filter((id, index) => {
    rows += counts.get(id) ?? 0
    return index === 0 || rows <= most.history
  })
}
