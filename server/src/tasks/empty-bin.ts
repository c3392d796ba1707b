import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { eraseTasks } from './erase-tasks.ts'
import { findSpaceRevision, listBin } from './queries.ts'
import { write } from './write.ts'

/** How many tasks one statement erases. */
const chunk = 500

/** Erases everything in the bin, as one write. */
export async function emptyBin(ctx: Context): Promise<Outcome<undefined>> {
  return write(ctx, async (ctx) => {
    const { spaceId } = ctx.caller
    const before = await findSpaceRevision(ctx.db, spaceId)
    let revision = before
    let ids = await listBin(ctx.db, spaceId, chunk)
    while (ids.length > 0) {
      revision = await eraseTasks(ctx, spaceId, ids)
      ids = await listBin(ctx.db, spaceId, chunk)
    }
    return { body: undefined, revision, ...(revision > before && { wrote: revision }) }
  })
}
