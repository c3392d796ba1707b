import type { Contract, Input, Task, UndoReply } from '@taskwell/api'
import type { Context } from '../context.ts'
import { notFound, Refusal } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { contentColumns } from './content.ts'
import { changeTask, countTasks, findSpaceRevision, findTask, listWrite } from './queries.ts'
import { type Effect, type Field, fields, netEffects, pickFields } from './effects.ts'
import { kindOf, nextRevision, recordChange, refuseOverQuota, write, type Write } from './write.ts'

/** Reverts the whole write that took the revision, as a write of its own, unless others have built upon it since. */
export async function undoChange(ctx: Context, { params }: Input<Contract['undoChange']>): Promise<Outcome<UndoReply>> {
  return write(ctx, async (ctx) => {
    const { spaceId } = ctx.caller
    const rows = await listWrite(ctx.db, spaceId, Number(params.revision))
    const [first] = rows
    if (!first) throw notFound('Change')
    const reversals: Reversal[] = []
    for (const effect of netEffects(rows)) reversals.push(await reversalOf(ctx, effect))
    refuseConflicts(reversals)
    await refuseTooMany(ctx, reversals)
    const changes: UndoReply['changes'] = []
    for (const reversal of reversals) {
      changes.push({ type: 'task', task: await revert(ctx, reversal, first.write_id) })
    }
    const revision = await findSpaceRevision(ctx.db, spaceId)
    return { body: { changes, revision }, revision, ...(changes.length > 0 && { wrote: revision }) }
  })
}

/** What undoing means for one task. */
interface Reversal {
  readonly task: Task
  readonly target: Task
  /** Fields that have been changed since, or that would contradict what comes back. */
  readonly conflicts: readonly Field[]
}

/** @throws not_found when the task was erased since, for then nothing of the write is known. */
async function reversalOf(ctx: Write, { taskId, isCreation, before, left }: Effect): Promise<Reversal> {
  const { task } = await findTask(ctx.db, ctx.caller.spaceId, taskId)
  if (!task) throw notFound('Change')
  const target: Task = { ...task, ...(isCreation ? { deletedAt: ctx.now.toISOString() } : before) }
  const changedSince = fields.filter((field) => left[field] !== undefined && left[field] !== task[field])
  const conflicts = new Set([...changedSince, ...looseDueParts(target)])
  return { task, target, conflicts: [...conflicts] }
}

/** A time that was set since needs the date that would go, and likewise a zone its time. */
function looseDueParts({ dueDate, dueTime, dueTimeZone }: Task): Field[] {
  if (dueTime !== null && dueDate === null) return ['dueTime']
  return dueTimeZone !== null && dueTime === null ? ['dueTimeZone'] : []
}

function refuseConflicts(reversals: readonly Reversal[]): void {
  const conflicts = reversals
    .filter((reversal) => reversal.conflicts.length > 0)
    .map((reversal) => ({ taskId: reversal.task.id, fields: reversal.conflicts }))
  if (conflicts.length === 0) return
  throw new Refusal('conflict', {
    detail: 'Some of what that write changed was changed again since: see `conflicts`. Undo the later writes first.',
    members: { conflicts },
  })
}

/** The write counts as a whole: what it deletes makes room for what it brings back. */
async function refuseTooMany(ctx: Write, reversals: readonly Reversal[]): Promise<void> {
  const more = reversals.reduce((sum, { task, target }) => sum + movedOut(task, target), 0)
  if (more > 0) refuseOverQuota(ctx, (await countTasks(ctx.db, ctx.caller.spaceId)) + more)
}

/** 1 when the task comes out of the bin, -1 when it goes into it. */
function movedOut(task: Task, target: Task): -1 | 0 | 1 {
  if ((task.deletedAt === null) === (target.deletedAt === null)) return 0
  return target.deletedAt === null ? 1 : -1
}

async function revert(ctx: Write, { task, target }: Reversal, undoes: string): Promise<Task> {
  const revision = await nextRevision(ctx)
  const changed = await changeTask(
    ctx.db,
    { spaceId: ctx.caller.spaceId, id: task.id },
    { ...contentColumns(target), deleted_at: target.deletedAt, updated_at: ctx.now.toISOString(), revision },
  )
  const changedFields = fields.filter((field) => task[field] !== changed[field])
  const [before, after] = [pickFields(task, changedFields), pickFields(changed, changedFields)]
  await recordChange(ctx, changed, { kind: kindOf(task, changed), before, after, undoes })
  return changed
}
