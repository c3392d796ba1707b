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
      const { body, revision, wrote } = await calls.createTask({ body: operation.task, idempotencyKey })
      return { revision: revision ?? 0, tasks: [body], effect: effectOn(body.id, wrote) }
    }
    case 'update': {
      const { id, changes } = operation
      const { body, revision, wrote } = await calls.updateTask({ params: { id }, body: changes, idempotencyKey })
      return { revision: revision ?? 0, tasks: [body], effect: effectOn(id, wrote) }
    }
    case 'restore': {
      const { id } = operation
      const { body, revision, wrote } = await calls.restoreTask({ params: { id }, idempotencyKey })
      return { revision: revision ?? 0, tasks: [body], effect: effectOn(id, wrote) }
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
  const { revision, wrote } = await call({ params: { id }, idempotencyKey: write.id })
  return { revision: revision ?? 0, tasks: undefined, effect: effectOn(id, wrote) }
}

async function sendBatch({ calls }: Send, write: StoredWrite): Promise<Acknowledgement> {
  const operations = write.operations.filter((operation) => operation.op !== 'erase')
  const { body, wrote } = await calls.batchTasks({ body: { operations }, idempotencyKey: write.id })
  const tasks = body.results.map(({ task }) => task)
  return { revision: body.revision, tasks, effect: effectAmong(tasks, wrote) }
}

function effectOn(taskId: string, wrote: number | null): Effect | null {
  return wrote === null ? null : { revision: wrote, taskId }
}

function effectAmong(tasks: readonly Task[], wrote: number | null): Effect | null {
  const changed = tasks.findLast((task) => task.revision === wrote)
  return changed ? effectOn(changed.id, wrote) : null
}

/** Erases what was in the bin when it was emptied; one by one if something has come to it since. */
async function sendEmptyBin({ calls, copy, catchUp }: Send, write: StoredWrite): Promise<Acknowledgement> {
  await catchUp()
  const meant = new Set(write.operations.flatMap((operation) => (operation.op === 'erase' ? [operation.id] : [])))
  const bin = [...copy.tasks.values()].filter((task) => task.deletedAt !== null)
  if (bin.every(({ id }) => meant.has(id))) {
    const { revision, wrote } = await calls.emptyBin({ idempotencyKey: write.id })
    return erased(write, revision ?? 0, wrote)
  }
  let latest: number | null = null
  for (const { id } of bin.filter((task) => meant.has(task.id))) {
    latest = (await eraseOne(calls, id, `${write.id}/${id}`)) ?? latest
  }
  return erased(write, latest ?? 0, latest)
}

function erased(write: StoredWrite, revision: number, wrote: number | null): Acknowledgement {
  const [taskId] = taskIdsOf(write)
  return { revision, tasks: undefined, effect: taskId === undefined ? null : effectOn(taskId, wrote) }
}

/** The revision of it; null when the task is not in the bin any more. */
async function eraseOne(calls: Calls, id: string, idempotencyKey: string): Promise<number | null> {
  try {
    return (await calls.eraseTask({ params: { id }, idempotencyKey })).wrote
  } catch (error) {
    if (error instanceof TaskwellError && error.problem.code === 'not_found') return null
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
  if (done) return { revision: done.seenAt, tasks: undefined, effect: { ...target, revision: done.revision } }
  const params = { revision: String(target.revision) }
  const { body, wrote } = await calls.undoChange({ params, idempotencyKey: write.id })
  const tasks = body.changes.map(({ task }) => task)
  return { revision: body.revision, tasks, effect: effectAmong(tasks, wrote) }
}

/** One revision of an undo that was done, and a later one that shows all of it. */
interface FoundUndo {
  readonly revision: number
  readonly seenAt: number
}

/** The undo of a change. It is later than the change, so history is read down to that only. */
async function findUndo(calls: Calls, { taskId, revision }: Effect): Promise<FoundUndo | undefined> {
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? { limit: 200 } : { limit: 200, cursor }
    const { body, revision: seenAt } = await calls.listTaskHistory({ params: { id: taskId }, query })
    const undo = body.items.find(({ undoes }) => undoes === revision)
    if (undo) return { revision: undo.revision, seenAt: seenAt ?? undo.revision }
    const isPast = body.items.some((item) => item.revision <= revision)
    cursor = isPast ? undefined : (body.nextCursor ?? undefined)
  } while (cursor !== undefined)
  return undefined
}
