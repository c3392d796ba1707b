import type { Contract, Input, NewTask, Task } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import type { Context } from '../context.ts'
import { Refusal } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { type Content, contentColumns, contentFields, newContent, refuseLooseDueParts } from './content.ts'
import { findCreation, findTask, insertTask } from './queries.ts'
import { toTask } from './task-row.ts'
import { recordChange, revisionForMore, write, type Write } from './write.ts'

/** Creates a task. A client-made id that is there with the content of its creation answers the task as it is now. */
export async function createTask(ctx: Context, { body }: Input<Contract['createTask']>): Promise<Outcome<Task>> {
  refuseLooseDueParts(newContent(body, ctx.now.toISOString()))
  return write(ctx, (ctx) => create(ctx, body), { lock: body.id !== undefined })
}

/** Creates a task as part of a write; what the body says of its due date must be consistent. */
export async function create(ctx: Write, body: NewTask): Promise<Outcome<Task>> {
  const now = ctx.now.toISOString()
  const content = newContent(body, now)
  const repeated = body.id === undefined ? undefined : await findRepeated(ctx, body.id, content)
  if (repeated) return { status: 200, ...repeated, headers: location(repeated.body) }
  const revision = await revisionForMore(ctx)
  const row = {
    space_id: ctx.caller.spaceId,
    id: body.id ?? uuidv7(),
    ...contentColumns(content),
    version: 1,
    revision,
    created_at: now,
    updated_at: now,
    deleted_at: null,
    erased_at: null,
  }
  const task = toTask(row)
  const change = { kind: 'task.created', before: null, after: content } as const
  await recordChange(ctx, task, change, [insertTask.of(ctx.db, row)])
  return { body: task, revision, wrote: revision, headers: location(task) }
}

/** The task that the same request made before. @throws conflict when the id is used for anything else. */
async function findRepeated(ctx: Write, id: string, content: Content) {
  const { spaceId } = ctx.caller
  const { task, isErased, spaceRevision } = await findTask(ctx.db, spaceId, id)
  if (!task && !isErased) return undefined
  if (!task || task.deletedAt !== null) {
    throw conflict('The id belongs to a task that was deleted. Restore that one, or use a new id.')
  }
  const creation = await findCreation(ctx.db, spaceId, id)
  if (creation === undefined || !isSameContent(JSON.parse(creation), content)) {
    throw conflict('The id belongs to a task that was created with other content. Change that one, or use a new id.')
  }
  return { body: task, revision: spaceRevision }
}

/** The moment of completion is the server's doing and differs each time. */
function isSameContent(stored: Partial<Content>, content: Content): boolean {
  return contentFields.every((field) => field === 'completedAt' || stored[field] === content[field])
}

function conflict(detail: string): Refusal {
  return new Refusal('conflict', { detail })
}

function location(task: Task) {
  return { location: `/api/tasks/${task.id}` }
}
