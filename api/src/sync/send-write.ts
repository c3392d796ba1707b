import type { Calls } from '../calls.ts'
import { TaskwellError } from '../calls.ts'
import type { Task } from '../tasks.ts'
import type { Copy } from './copy.ts'
import type { Effect, StoredWrite } from './storage.ts'
import type { SyncOperation } from './types.ts'
import { taskIdsOf } from './waiting.ts'

/** What the server answered. */
export interface Acknowledgement {
  /** The revision that the reply reflects. */
  readonly revision: number
  /** The tasks as the reply shows them; undefined where it shows none. */
  readonly tasks: readonly Task[] | undefined
  /** Null when the write changed nothing. */
  readonly effect: Effect | null
}

export interface Send {
  readonly calls: Calls
  readonly copy: Copy
  /** Brings the copy to where the server stands. */
  catchUp(): Promise<void>
}

type Single<Op extends SyncOperation['op']> = Extract<SyncOperation, { op: Op }>

const nothing: Acknowledgement = { revision: 0, tasks: [], effect: null }

/** Sends a write as it always is sent: the same request under the same key each time. */
export async function sendWrite(send: Send, write: StoredWrite, isRepeated: boolean): Promise<Acknowledgement> {
  if (write.kind === 'undo') return sendUndo(send, write, isRepeated)
  if (write.kind === 'empty bin') return sendEmptyBin(send, write)
  if (write.kind === 'batch') return sendBatch(send, write)
  const [operation] = write.operations
  return operation ? sendSingle(send, write, operation) : nothing
}

async function sendSingle({ calls }: Send, write: StoredWrite, operation: SyncOperation): Promise<Acknowledgement> {
  const idempotencyKey = write.id
  switch (operation.op) {
    case 'create': {
      const { body, revision, status } = await calls.createTask({ body: operation.task, idempotencyKey })
      const effect = status === 201 ? { taskId: body.id, revision: body.revision } : null
      return { revision: revision ?? 0, tasks: [body], effect }
    }
    case 'update': {
      const { id, changes } = operation
      const { body, revision } = await calls.updateTask({ params: { id }, body: changes, idempotencyKey })
      return { revision: revision ?? 0, tasks: [body], effect: effectAmong([body], write, revision) }
    }
    case 'restore': {
      const { body, revision } = await calls.restoreTask({ params: { id: operation.id }, idempotencyKey })
      return { revision: revision ?? 0, tasks: [body], effect: effectAmong([body], write, revision) }
    }
    case 'delete':
      return sendWithoutReply(calls.deleteTask, write, operation)
    case 'erase':
      return sendWithoutReply(calls.eraseTask, write, operation)
  }
}

async function sendWithoutReply(
  call: Calls['deleteTask'] | Calls['eraseTask'],
  write: StoredWrite,
  { id }: Single<'delete' | 'erase'>,
): Promise<Acknowledgement> {
  const { revision } = await call({ params: { id }, idempotencyKey: write.id })
  return { revision: revision ?? 0, tasks: undefined, effect: revision === null ? null : { revision, taskId: id } }
}

async function sendBatch({ calls }: Send, write: StoredWrite): Promise<Acknowledgement> {
  const operations = write.operations.filter((operation) => operation.op !== 'erase')
  const { body } = await calls.batchTasks({ body: { operations }, idempotencyKey: write.id })
  const tasks = body.results.map(({ task }) => task)
  return { revision: body.revision, tasks, effect: effectAmong(tasks, write, body.revision) }
}

/**
 * A write that leaves everything as it is answers the revision of somebody's earlier one, which was known before this
 * one was sent.
 */
function effectAmong(tasks: readonly Task[], write: StoredWrite, revision: number | null): Effect | null {
  const changed = tasks.findLast((task) => task.revision === revision)
  if (!changed || changed.revision <= (write.sentAfter ?? 0)) return null
  return { revision: changed.revision, taskId: changed.id }
}

/** Erases what was in the bin when it was emptied; one by one if something has come to it since. */
async function sendEmptyBin({ calls, copy, catchUp }: Send, write: StoredWrite): Promise<Acknowledgement> {
  await catchUp()
  const meant = new Set(write.operations.flatMap((operation) => (operation.op === 'erase' ? [operation.id] : [])))
  const bin = [...copy.tasks.values()].filter((task) => task.deletedAt !== null)
  if (bin.every(({ id }) => meant.has(id))) {
    const { revision } = await calls.emptyBin({ idempotencyKey: write.id })
    return erased(write, revision ?? 0)
  }
  let latest = 0
  for (const { id } of bin.filter((task) => meant.has(task.id))) {
    latest = Math.max(latest, await eraseOne(calls, id, `${write.id}/${id}`))
  }
  return erased(write, latest)
}

function erased(write: StoredWrite, revision: number): Acknowledgement {
  const [taskId] = taskIdsOf(write)
  const hasEffect = taskId !== undefined && revision > (write.sentAfter ?? 0)
  return { revision, tasks: undefined, effect: hasEffect ? { revision, taskId } : null }
}

/** The revision of it; 0 when the task is not in the bin any more. */
async function eraseOne(calls: Calls, id: string, idempotencyKey: string): Promise<number> {
  try {
    return (await calls.eraseTask({ params: { id }, idempotencyKey })).revision ?? 0
  } catch (error) {
    if (error instanceof TaskwellError && error.problem.code === 'not_found') return 0
    throw error
  }
}

/**
 * An undo that is sent again first looks whether it was done: after a day the server has forgotten its key, and a field
 * that has got the value of then once more would be reverted once more.
 */
async function sendUndo({ calls }: Send, write: StoredWrite, isRepeated: boolean): Promise<Acknowledgement> {
  const target = write.undoes?.effect
  if (!target) return nothing
  const done = isRepeated ? await findUndo(calls, target) : undefined
  if (done !== undefined) return { revision: done, tasks: undefined, effect: { ...target, revision: done } }
  const params = { revision: String(target.revision) }
  const { body } = await calls.undoChange({ params, idempotencyKey: write.id })
  const tasks = body.changes.map(({ task }) => task)
  return { revision: body.revision, tasks, effect: effectAmong(tasks, write, body.revision) }
}

/** The revision at which the change was undone. It is later than the change, so history is read down to that only. */
async function findUndo(calls: Calls, { taskId, revision }: Effect): Promise<number | undefined> {
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? { limit: 200 } : { limit: 200, cursor }
    const { body } = await calls.listTaskHistory({ params: { id: taskId }, query })
    const undo = body.items.find(({ undoes }) => undoes === revision)
    if (undo) return undo.revision
    const isPast = body.items.some((item) => item.revision <= revision)
    cursor = isPast ? undefined : (body.nextCursor ?? undefined)
  } while (cursor !== undefined)
  return undefined
}
