import { type Calls, type Operation, type Problem, type SyncOutcome, type Task, TaskwellError } from '@taskwell/api'

/** What the server said of a write: it is done. */
export interface Acknowledgement {
  readonly status: number
  readonly body: unknown
  readonly revision: number | null
}

/** One revision that an acknowledged write has taken. The task is unknown for a deletion, whose reply is empty. */
export interface Claim {
  readonly taskId: string
  readonly revision: number
  readonly task: Pick<Task, 'title' | 'deletedAt'> | undefined
}

/** A write that a client's copy has taken, to be sent when it can be. */
export interface SyncedWrite {
  readonly taskId: string
  readonly title: string
  outcome?: SyncOutcome
}

/** A write as its client wrote it down, before it was sent. */
export interface Entry {
  readonly key: string
  readonly request: WriteRequest
  acknowledgement?: Acknowledgement
  /** Refused for good: it had no effect. */
  refusal?: Problem
  /** Sent once without an answer: the server may come to that attempt later than to the one that was refused. */
  wasAbandoned?: boolean
}

export type WriteRequest =
  | { readonly kind: 'create'; readonly task: { id: string; title: string; description: string } }
  | { readonly kind: 'edit'; readonly id: string; readonly changes: { title: string; completed?: boolean } }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'batch'; readonly operations: Operation[] }
  | { readonly kind: 'undo'; readonly revision: number }

/** Sends the write under its key. What is no definite answer leaves the entry open. */
export async function send(calls: Calls, entry: Entry): Promise<'done' | 'refused' | 'unanswered'> {
  try {
    const acknowledgement = await request(calls, entry)
    entry.acknowledgement ??= acknowledgement
    return 'done'
  } catch (error) {
    if (!isDefinite(error)) {
      if (!(error instanceof TaskwellError)) entry.wasAbandoned = true
      return 'unanswered'
    }
    entry.refusal = error.problem
    return 'refused'
  }
}

/** Asks once more, when all is quiet, for the outcome of a write that was refused after an attempt without an answer. */
export async function askAgain(calls: Calls, entry: Entry): Promise<void> {
  delete entry.refusal
  delete entry.wasAbandoned
  await send(calls, entry)
}

/** Sends the write, whatever is known of it already. @throws as the client does */
export async function request(calls: Calls, { key, request }: Entry): Promise<Acknowledgement> {
  const { status, body, revision } = await call(calls, key, request)
  return { status, body, revision }
}

function call(calls: Calls, idempotencyKey: string, request: WriteRequest) {
  switch (request.kind) {
    case 'create':
      return calls.createTask({ body: request.task, idempotencyKey })
    case 'edit':
      return calls.updateTask({ params: { id: request.id }, body: request.changes, idempotencyKey })
    case 'delete':
      return calls.deleteTask({ params: { id: request.id }, idempotencyKey })
    case 'batch':
      return calls.batchTasks({ body: { operations: request.operations }, idempotencyKey })
    case 'undo':
      return calls.undoChange({ params: { revision: String(request.revision) }, idempotencyKey })
  }
}

function isDefinite(error: unknown): error is TaskwellError {
  if (!(error instanceof TaskwellError)) return false
  const { status, code } = error.problem
  return status < 500 && status !== 429 && status !== 408 && code !== 'request_in_progress'
}

/** The revisions that the reply says the write has taken. */
export function claimsOf({ request, acknowledgement }: Entry): Claim[] {
  if (!acknowledgement) return []
  if (request.kind === 'delete')
    return [{ taskId: request.id, revision: acknowledgement.revision ?? Number.NaN, task: undefined }]
  return tasksIn(acknowledgement.body).map((task) => ({ taskId: task.id, revision: task.revision, task }))
}

/** The revision that the client was told its write has taken. */
export function claimsOfSynced({ taskId, title, outcome }: SyncedWrite): Claim[] {
  if (outcome?.status !== 'saved' || outcome.revision === null) return []
  return [{ taskId, revision: outcome.revision, task: { title, deletedAt: null } }]
}

/** A task, or a reply that lists tasks as `results` or `changes`. */
function tasksIn(body: unknown): Task[] {
  if (typeof body !== 'object' || body === null) return []
  if ('results' in body && Array.isArray(body.results)) return body.results.map(({ task }) => task)
  if ('changes' in body && Array.isArray(body.changes)) return body.changes.map(({ task }) => task)
  return [body as Task]
}
