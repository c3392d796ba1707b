import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { eraseTexts, findSpaceRevision, listBin, takeRevisions } from './queries.ts'
import { write } from './write.ts'

/** How many tasks one statement erases. */
const chunk = 500

/** Erases everything in the bin, as one write; like `eraseTask` without history. */
export async function emptyBin(ctx: Context): Promise<Outcome<undefined>> {
  return write(ctx, async (ctx) => {
    const { spaceId } = ctx.caller
    const now = ctx.now.toISOString()
    const before = await findSpaceRevision(ctx.db, spaceId)
    let revision = before
    let ids = await listBin(ctx.db, spaceId, chunk)
    while (ids.length > 0) {
      revision = await takeRevisions(ctx.db, spaceId, ids.length)
      await eraseTexts(ctx.db, { spaceId, ids, last: revision, now })
      ids = await listBin(ctx.db, spaceId, chunk)
    }
    if (revision > before) ctx.publish({ spaceId, revision })
    return { body: undefined, revision }
  })
}
