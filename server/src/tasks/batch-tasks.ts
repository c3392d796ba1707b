import type { BatchReply, Contract, Input, Operation, Task } from '@taskwell/api'
import type { Context } from '../context.ts'
import { Refusal } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { newContent, refuseLooseDueParts } from './content.ts'
import { create } from './create-task.ts'
import { remove } from './delete-task.ts'
import { findSpaceRevision, findTask } from './queries.ts'
import { restore } from './restore-task.ts'
import { update } from './update-task.ts'
import { write, type Write } from './write.ts'

/** Does several things to tasks in one write, in order, all or nothing. */
export async function batchTasks(ctx: Context, { body }: Input<Contract['batchTasks']>): Promise<Outcome<BatchReply>> {
  const operations = [...body.operations.entries()]
  for (const [index, operation] of operations) {
    await attempt(index, operation, async () => refuseContradiction(operation, ctx.now.toISOString()))
  }
  return write(ctx, async (ctx) => {
    const results: BatchReply['results'] = []
    const untouched = await findUntouched(ctx, body.operations)
    let last: number | undefined
    for (const [index, operation] of operations) {
      const { body: task, wrote } = await attempt(index, operation, () => apply(ctx, operation), untouched)
      results.push({ op: operation.op, task })
      last = wrote ?? last
    }
    const revision = await findSpaceRevision(ctx.db, ctx.caller.spaceId)
    return { body: { results, revision }, revision, ...(last !== undefined && { wrote: last }) }
  })
}

/** What no task could make right is refused before any is looked at. */
function refuseContradiction(operation: Operation, now: string): void {
  if (operation.op === 'create') refuseLooseDueParts(newContent(operation.task, now))
  if (operation.op === 'update') refuseLooseDueParts(operation.changes)
}

async function apply(ctx: Write, operation: Operation): Promise<Pick<Outcome<Task>, 'body' | 'wrote'>> {
  switch (operation.op) {
    case 'create':
      return create(ctx, operation.task)
    case 'update':
      return update(ctx, operation.id, operation.changes, toIfMatch(operation.ifVersion))
    case 'delete':
      return remove(ctx, operation.id, toIfMatch(operation.ifVersion))
    case 'restore':
      return restore(ctx, operation.id)
  }
}

function toIfMatch(version: number | undefined): string | undefined {
  return version === undefined ? undefined : `"v${version}"`
}

type Untouched = ReadonlyMap<string, Task | undefined>

/** The tasks with several operations, as they are before the first. */
async function findUntouched(ctx: Write, operations: readonly Operation[]): Promise<Untouched> {
  const ids = operations.map(idOf).filter((id) => id !== undefined)
  const repeated = new Set(ids.filter((id, place) => ids.indexOf(id) < place))
  const untouched = new Map<string, Task | undefined>()
  for (const id of repeated) untouched.set(id, (await findTask(ctx.db, ctx.caller.spaceId, id)).task)
  return untouched
}

function idOf(operation: Operation): string | undefined {
  return operation.op === 'create' ? operation.task.id : operation.id
}

/** A refusal of the work tells which operation it is about, and nothing of what goes back with the batch. */
async function attempt<T>(
  index: number,
  operation: Operation,
  work: () => Promise<T>,
  untouched?: Untouched,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, details } = error
    const part = `/body/operations/${index}/${operation.op === 'create' ? 'task' : 'changes'}`
    const errors = details.errors?.map(({ path, message }) => ({ path: path.replace(/^\/body/, part), message }))
    const id = idOf(operation)
    const goesBack = code === 'precondition_failed' && id !== undefined && untouched?.has(id) === true
    throw new Refusal(code, {
      ...details,
      ...(errors && { errors }),
      ...(goesBack && { detail: 'The task is at another version after the operations before this one.' }),
      members: { ...details.members, ...(goesBack && { current: untouched?.get(id) }), index },
    })
  }
}
