import type { Contract, Input, Task } from '@taskwell/api'
import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { refuseOtherVersion } from './if-match.ts'
import { changeTask } from './queries.ts'
import { getLiveTask, nextRevision, recordChange, write, type Write } from './write.ts'

/** Moves a task to the bin. */
export async function deleteTask(
  ctx: Context,
  { params, ifMatch }: Input<Contract['deleteTask']>,
): Promise<Outcome<undefined>> {
  const { revision } = await write(ctx, (ctx) => remove(ctx, params.id, ifMatch))
  return { body: undefined, revision, wrote: revision }
}

/** Moves a task to the bin as part of a write. */
export async function remove(
  ctx: Write,
  id: string,
  ifMatch?: string,
): Promise<{ body: Task; revision: number; wrote: number }> {
  const { task } = await getLiveTask(ctx, id)
  refuseOtherVersion(task, ifMatch)
  const now = ctx.now.toISOString()
  const revision = await nextRevision(ctx)
  const deleted = await changeTask(
    ctx.db,
    { spaceId: ctx.caller.spaceId, id },
    { deleted_at: now, updated_at: now, revision },
  )
  await recordChange(ctx, deleted, { kind: 'task.deleted', before: { deletedAt: null }, after: { deletedAt: now } })
  return { body: deleted, revision, wrote: revision }
}
