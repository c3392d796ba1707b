import type { Contract, Input } from '@taskwell/api'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { eraseTasks } from './erase-tasks.ts'
import { getAnyTask, write } from './write.ts'

/** Erases one task of the bin for good. */
export async function eraseTask(ctx: Context, { params }: Input<Contract['eraseTask']>): Promise<Outcome<undefined>> {
  return write(ctx, async (ctx) => {
    const { task } = await getAnyTask(ctx, params.id)
    if (task.deletedAt === null) throw notFound('Task')
    const revision = await eraseTasks(ctx, ctx.caller.spaceId, [task.id])
    return { body: undefined, revision, wrote: revision }
  })
}
