import type { Task } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import { type Context, transact } from '../context.ts'
import { lockSpace } from '../database/sql.ts'
import { notFound } from '../errors.ts'
import { findTask, insertChange, takeRevisions } from './queries.ts'

/** One write of a user: all that it changes can be undone together. */
export interface Write extends Context {
  readonly writeId: string
}

export type ChangeKind =
  | 'task.created'
  | 'task.updated'
  | 'task.completed'
  | 'task.reopened'
  | 'task.deleted'
  | 'task.restored'

/** What one write did to one task, in wire fields: only those that changed. */
export interface Change {
  readonly kind: ChangeKind
  readonly before: object | null
  readonly after: object
}

/** Runs `work` as one write, in a transaction that has the space for itself. */
export function write<T>(ctx: Context, work: (ctx: Write) => Promise<T>): Promise<T> {
  return transact(ctx, async (ctx) => {
    await lockSpace(ctx.db, ctx.caller.spaceId)
    return work({ ...ctx, writeId: uuidv7() })
  })
}

/** The next revision of the space, which other devices hear of after the commit. */
export async function nextRevision(ctx: Write): Promise<number> {
  const { spaceId } = ctx.caller
  const revision = await takeRevisions(ctx.db, spaceId, 1)
  ctx.publish({ spaceId, revision })
  return revision
}

/** Appends to history what the write did to the task. */
export async function recordChange(ctx: Write, task: Task, { kind, before, after }: Change): Promise<void> {
  await insertChange(ctx.db, {
    space_id: ctx.caller.spaceId,
    revision: task.revision,
    write_id: ctx.writeId,
    task_id: task.id,
    kind,
    at: ctx.now.toISOString(),
    by_kind: ctx.caller.by.kind,
    by_name: ctx.caller.by.name,
    before: before && JSON.stringify(before),
    after: JSON.stringify(after),
    undoes: null,
  })
}

/** @throws not_found for a task in the bin too. */
export async function getLiveTask(ctx: Context, id: string): Promise<{ task: Task; spaceRevision: number }> {
  const found = await getAnyTask(ctx, id)
  if (found.task.deletedAt !== null) throw notFound('Task')
  return found
}

/** The task, in the bin or not. @throws not_found when it is not there or erased. */
export async function getAnyTask(ctx: Context, id: string): Promise<{ task: Task; spaceRevision: number }> {
  const { task, spaceRevision } = await findTask(ctx.db, ctx.caller.spaceId, id)
  if (!task) throw notFound('Task')
  return { task, spaceRevision }
}
