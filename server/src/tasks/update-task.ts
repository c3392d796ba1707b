import type { Contract, Input, Task, TaskChanges } from '@taskwell/api'
import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { changedContent, changedFields, contentColumns, refuseLooseDueParts } from './content.ts'
import { refuseOtherVersion } from './if-match.ts'
import { changeTask } from './queries.ts'
import { getLiveTask, kindOf, nextRevision, recordChange, write, type Write } from './write.ts'

/** Changes the fields that were sent. What leaves the task as it is writes nothing and tells nobody. */
export async function updateTask(
  ctx: Context,
  { params, body, ifMatch }: Input<Contract['updateTask']>,
): Promise<Outcome<Task>> {
  refuseLooseDueParts(body)
  return write(ctx, (ctx) => update(ctx, params.id, body, ifMatch))
}

/** Changes a task as part of a write. */
export async function update(ctx: Write, id: string, changes: TaskChanges, ifMatch?: string): Promise<Outcome<Task>> {
  const { task, spaceRevision } = await getLiveTask(ctx, id)
  refuseOtherVersion(task, ifMatch)
  const now = ctx.now.toISOString()
  const content = changedContent(task, changes, now)
  refuseLooseDueParts(content)
  const fields = changedFields(task, content)
  if (fields.length === 0) return { body: task, revision: spaceRevision }
  const revision = await nextRevision(ctx)
  const changed = await changeTask(
    ctx.db,
    { spaceId: ctx.caller.spaceId, id },
    { ...contentColumns(content), revision, updated_at: now },
  )
  const picked = (from: Task) => Object.fromEntries(fields.map((field) => [field, from[field]]))
  await recordChange(ctx, changed, { kind: kindOf(task, changed), before: picked(task), after: picked(changed) })
  return { body: changed, revision, wrote: revision }
}
