import type { ChangeKind, Task } from '@taskwell/api'
import type { CompiledQuery } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { type Context, transactInSpace } from '../context.ts'
import { runTogether } from '../database/run-together.ts'
import { lockSpace } from '../database/sql.ts'
import { notFound, Refusal } from '../errors.ts'
import { findTask, insertChange, moveSpace } from './queries.ts'
import { figuresToKeep, forgetCompletion } from '../figures/index.ts'

/** One write of a user: all that it changes can be undone together. */
export interface Write extends Context {
  readonly writeId: string
}

/** What one write did to one task, in wire fields: only those that changed. */
export interface Change {
  readonly kind: ChangeKind
  readonly before: object | null
  readonly after: object
  /** The write that this one reverts. */
  readonly undoes?: string
}

/**
 * Runs `work` as one write, in a transaction that has the space for itself. What takes its revision before all else has
 * it from then on, and needs no `lock`.
 */
export function write<T>(ctx: Context, work: (ctx: Write) => Promise<T>, { lock = true } = {}): Promise<T> {
  return transactInSpace(ctx, async (ctx) => {
    if (lock) await lockSpace(ctx.db, ctx.caller.spaceId)
    return work({ ...ctx, writeId: uuidv7() })
  })
}

/** The next revision of the space, which other devices hear of after the commit. */
export async function nextRevision(ctx: Write): Promise<number> {
  return (await moveOn(ctx)).revision
}

/** The next revision, for a task that is new or comes out of the bin. @throws quota_exceeded */
export async function revisionForMore(ctx: Write): Promise<number> {
  const { revision, taskCount } = await moveOn(ctx)
  refuseOverQuota(ctx, taskCount + 1)
  return revision
}

async function moveOn(ctx: Write): Promise<{ revision: number; taskCount: number }> {
  const { spaceId } = ctx.caller
  const moved = await moveSpace(ctx.db, spaceId, 1)
  ctx.publish({ spaceId, revision: moved.revision })
  return moved
}

/** @throws quota_exceeded */
export function refuseOverQuota({ taskQuota }: Context, taskCount: number): void {
  if (taskQuota === undefined || taskCount <= taskQuota) return
  throw new Refusal('quota_exceeded', {
    detail: `An account may have ${taskQuota} tasks. Delete some that are no longer needed.`,
  })
}

/**
 * Appends to history what the write did to the task, and keeps the figures of the dashboard true to it. What `beside` has
 * of the same change is written with that.
 */
export async function recordChange(
  ctx: Write,
  task: Task,
  { kind, before, after, undoes }: Change,
  beside: readonly CompiledQuery[] = [],
): Promise<void> {
  const { db } = ctx
  const { spaceId, by } = ctx.caller
  const change = insertChange.of(db, {
    space_id: spaceId,
    revision: task.revision,
    write_id: ctx.writeId,
    task_id: task.id,
    kind,
    at: ctx.now.toISOString(),
    by_kind: by.kind,
    by_name: by.name,
    before: before && JSON.stringify(before),
    after: JSON.stringify(after),
    undoes: undoes ?? null,
  })
  const states = { before: before && { ...task, ...before }, after: task }
  await runTogether(db, [...beside, change, ...figuresToKeep(db, spaceId, states)])
  await forgetCompletion(db, spaceId, states)
}

/** What a change is called; completion wins over all else that it does. */
export function kindOf(before: Task, after: Task): ChangeKind {
  if (before.completed !== after.completed) return after.completed ? 'task.completed' : 'task.reopened'
  if ((before.deletedAt === null) === (after.deletedAt === null)) return 'task.updated'
  return after.deletedAt === null ? 'task.restored' : 'task.deleted'
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
