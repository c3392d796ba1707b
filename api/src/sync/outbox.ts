import type { Problem } from '../errors.ts'
import { taskIdOf } from './apply-operation.ts'
import { pauseAfter } from './backoff.ts'
import { judgeFailure } from './judge-failure.ts'
import { createPause } from './pause.ts'
import { type Acknowledgement, type Send, sendWrite } from './send-write.ts'
import type { StoredWrite } from './storage.ts'
import type { Waiting } from './waiting.ts'

export interface OutboxOptions extends Send {
  readonly waiting: Waiting
  readonly pauses: { readonly first: number; readonly most: number }
  /** Whether it is known who is signed in. */
  mayStart(): boolean
  /** Changes the state of a waiting write, and keeps it so before it goes on. */
  update(write: StoredWrite): Promise<void>
  onSaved(write: StoredWrite, acknowledgement: Acknowledgement): void
  onRefused(write: StoredWrite, problem: Problem): void
  onSignedOut(): void
  onFault(error: unknown): void
}

export interface Outbox {
  /** Sends what waits. */
  start(): void
  /** Without waiting any longer, unless the server asked for it. */
  wake(): void
  /** Whether the write may be on its way, or may have arrived. */
  isSent(write: StoredWrite): boolean
  close(): void
}

/** Sends the waiting writes one after the other, each until the server has answered. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { waiting, copy } = options
  const pause = createPause()
  let isRunning = false
  let isClosed = false
  let isHeld = false
  let current: string | undefined

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    let failures = 0
    for (let write = nextWrite(); write && mayGoOn(); write = nextWrite()) {
      const wait = await attempt(write, failures + 1)
      failures = wait === undefined ? 0 : failures + 1
      if (wait !== undefined && mayGoOn()) await pause.lasting(wait)
      isHeld = false
    }
    isRunning = false
  }

  function mayGoOn(): boolean {
    return !isClosed && options.mayStart()
  }

  function nextWrite(): StoredWrite | undefined {
    for (const write of waiting.writes.values()) if (write.acknowledged === undefined) return write
    return undefined
  }

  /** Answers how long to pause; undefined when the write is done with. */
  async function attempt(write: StoredWrite, failures: number): Promise<number | undefined> {
    current = write.id
    const isRepeated = write.wasSent === true
    const sent = isRepeated ? write : { ...write, wasSent: true as const }
    try {
      // Kept before it is sent: after a crash it must be known that it may have arrived.
      if (!isRepeated) await options.update(sent)
      if (isClosed) return 0
      const acknowledgement = await sendWrite(options, sent, isRepeated)
      options.onSaved(waiting.writes.get(write.id) ?? sent, acknowledgement)
      return undefined
    } catch (error) {
      const failure = judgeFailure(error)
      if (failure.kind === 'refused') return refuse(sent, failure.problem, isRepeated)
      if (failure.kind === 'signed out') options.onSignedOut()
      const retryAfter = failure.kind === 'later' ? failure.retryAfter : null
      isHeld = retryAfter !== null
      return pauseAfter(failures, options.pauses, retryAfter)
    } finally {
      current = undefined
    }
  }

  async function refuse(write: StoredWrite, problem: Problem, isRepeated: boolean): Promise<number | undefined> {
    const rest = withoutReached(write, problem, isRepeated && copy.tasks.has(taskIdAt(write, problem)))
    // Under its key the write was done as it was sent first, before something was left out of it.
    const wasDone = isRepeated && problem.code === 'idempotency_key_reused'
    if (wasDone || rest?.operations.length === 0) {
      options.onSaved(rest ?? write, { revision: 0, tasks: [], effect: null })
    } else if (!rest) {
      options.onRefused(write, problem)
    } else {
      await options.update(rest)
      return 0
    }
    return undefined
  }

  function start(): void {
    run().catch(options.onFault)
  }

  return {
    start,
    wake: () => {
      if (!isHeld) pause.wake()
      start()
    },
    isSent: ({ id, wasSent }) => wasSent === true || current === id,
    close: () => {
      isClosed = true
      pause.wake()
    },
  }
}

function placeOf({ kind }: StoredWrite, problem: Problem): number {
  return kind === 'batch' && 'index' in problem && typeof problem.index === 'number' ? problem.index : 0
}

function taskIdAt(write: StoredWrite, problem: Problem): string {
  const operation = write.operations[placeOf(write, problem)]
  return operation ? taskIdOf(operation) : ''
}

/**
 * What is left of a refused write when the operation at fault has what it wanted: something to delete is gone, or
 * something to create was created when the write was sent before, and may have been erased since. Undefined when it has
 * not.
 */
function withoutReached(write: StoredWrite, problem: Problem, wasCreated: boolean): StoredWrite | undefined {
  const place = placeOf(write, problem)
  const op = write.kind === 'undo' ? undefined : write.operations[place]?.op
  const isGone = problem.code === 'not_found' && (op === 'delete' || op === 'erase')
  const wasThere = op === 'create' && (problem.code === 'not_found' || (problem.code === 'conflict' && wasCreated))
  return isGone || wasThere ? { ...write, operations: write.operations.toSpliced(place, 1) } : undefined
}
