import type { Contract, Input, Task } from '@taskwell/api'
import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { refuseOtherVersion } from './if-match.ts'
import { changeTask } from './queries.ts'
import { getAnyTask, recordChange, revisionForMore, write, type Write } from './write.ts'

/** Brings a task back from the bin; one that is not there stays as it is. */
export async function restoreTask(
  ctx: Context,
  { params, ifMatch }: Input<Contract['restoreTask']>,
): Promise<Outcome<Task>> {
  return write(ctx, (ctx) => restore(ctx, params.id, ifMatch))
}

/** Brings a task back as part of a write. */
export async function restore(ctx: Write, id: string, ifMatch?: string): Promise<Outcome<Task>> {
  const { task, spaceRevision } = await getAnyTask(ctx, id)
  refuseOtherVersion(task, ifMatch)
  if (task.deletedAt === null) return { body: task, revision: spaceRevision }
  const revision = await revisionForMore(ctx)
  const restored = await changeTask(
    ctx.db,
    { spaceId: ctx.caller.spaceId, id },
    { deleted_at: null, updated_at: ctx.now.toISOString(), revision },
  )
  const { deletedAt } = task
  await recordChange(ctx, restored, { kind: 'task.restored', before: { deletedAt }, after: { deletedAt: null } })
  return { body: restored, revision, wrote: revision }
}
