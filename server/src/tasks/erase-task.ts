import type { Contract, Input } from '@taskwell/api'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { eraseTexts } from './queries.ts'
import { getAnyTask, nextRevision, write } from './write.ts'

/**
 * Erases one task of the bin for good. It takes a revision, so that other devices forget it too, but writes no history:
 * there is nothing left to tell, and nothing to undo.
 */
export async function eraseTask(ctx: Context, { params }: Input<Contract['eraseTask']>): Promise<Outcome<undefined>> {
  return write(ctx, async (ctx) => {
    const { task } = await getAnyTask(ctx, params.id)
    if (task.deletedAt === null) throw notFound('Task')
    const revision = await nextRevision(ctx)
    const now = ctx.now.toISOString()
    await eraseTexts(ctx.db, { spaceId: ctx.caller.spaceId, ids: [task.id], last: revision, now })
    return { body: undefined, revision }
  })
}
