import type { Problem } from '../errors.ts'
import type { Task } from '../tasks.ts'
import type { Copy } from './copy.ts'
import { reverseOperations } from './reverse-operations.ts'
import type { Acknowledgement } from './send-write.ts'
import type { Effect, Position, StorageStep, StoredWrite } from './storage.ts'
import type { SyncKind, SyncOperation, SyncOutcome, SyncRefusal, SyncWrite } from './types.ts'
import { taskIdsOf, type Waiting } from './waiting.ts'

export interface LedgerOptions {
  readonly waiting: Waiting
  readonly copy: Copy
  readonly outbox: string
  makeId(): string
  keep(step: StorageStep): Promise<void>
  /** These tasks look different now; with none, something else does. */
  onChange(ids: Iterable<string>): void
}

/** What becomes of writes, from the moment they are made. */
export interface Ledger {
  readonly refusals: readonly SyncRefusal[]
  /** How many writes are not acknowledged. */
  readonly pending: number
  /** Begins with what was kept. */
  load(refusals: readonly SyncRefusal[]): void
  /** Takes over writes that others have left. They come before its own, which are younger. */
  adopt(writes: readonly StoredWrite[]): void
  add(kind: SyncKind, operations: readonly SyncOperation[]): SyncWrite
  undo(writeId: string, isSent: (write: StoredWrite) => boolean): SyncWrite | undefined
  update(write: StoredWrite): Promise<void>
  save(write: StoredWrite, acknowledgement: Acknowledgement): void
  refuse(write: StoredWrite, problem: Problem): void
  dismiss(writeId: string): void
  /** The copy has come here, and shows what was acknowledged before. */
  reach(position: Position): void
}

/** A write as long as it can be undone: what would reverse it, and what it did once that is known. */
interface Known {
  readonly kind: SyncKind
  readonly reverse: readonly SyncOperation[]
  readonly effect?: Effect | null
}

/** How many writes of the past can be undone. */
const memory = 1_000

export function createLedger(options: LedgerOptions): Ledger {
  const { waiting, copy, outbox, keep, onChange } = options
  const settlers = new Map<string, (outcome: SyncOutcome) => void>()
  const known = new Map<string, Known>()
  let refusals: readonly SyncRefusal[] = []
  let epoch: string | undefined

  function add(
    kind: SyncKind,
    given: readonly SyncOperation[],
    undoes?: NonNullable<StoredWrite['undoes']>,
  ): SyncWrite {
    const id = options.makeId()
    const operations = copyOf(given)
    const present = (taskId: string): Task | undefined => waiting.apply(taskId, copy.tasks.get(taskId))
    remember(id, { kind, reverse: reverseOperations(operations, present) })
    const at = new Date().toISOString()
    const write = { id, outbox, kind, operations, at, ...(undoes && { undoes }) }
    waiting.put(write)
    void keep({ putWrites: [write] })
    const taskIds = taskIdsOf(write)
    onChange(taskIds)
    const { promise, resolve } = Promise.withResolvers<SyncOutcome>()
    settlers.set(id, resolve)
    return { id, taskIds, settled: promise }
  }

  function remember(id: string, write: Known): void {
    known.set(id, write)
    const [oldest] = known.keys()
    if (known.size > memory && oldest !== undefined) known.delete(oldest)
  }

  function undo(writeId: string, isSent: (write: StoredWrite) => boolean): SyncWrite | undefined {
    const write = waiting.writes.get(writeId)
    if (write && !isSent(write) && !waiting.isBuiltUpon(write)) return takeBack(write)
    const past = known.get(writeId) ?? (write && { kind: write.kind, reverse: [] })
    if (!past || past.effect === null || past.kind === 'erase' || past.kind === 'empty bin') return undefined
    return add('undo', past.reverse, { writeId, effect: past.effect ?? null })
  }

  function takeBack(write: StoredWrite): SyncWrite {
    waiting.remove(write.id)
    known.delete(write.id)
    void keep({ deleteWrites: [write.id] })
    const outcome = { status: 'saved', revision: null } as const
    finish(write, outcome)
    return { id: options.makeId(), taskIds: taskIdsOf(write), settled: Promise.resolve(outcome) }
  }

  function finish(write: StoredWrite, outcome: SyncOutcome): void {
    settlers.get(write.id)?.(outcome)
    settlers.delete(write.id)
    onChange(taskIdsOf(write))
  }

  /** An undo that waits for this write learns what to undo. */
  function tellUndos(writeId: string, effect: Effect | null): StoredWrite[] {
    const undos = [...waiting.writes.values()].filter((write) => write.undoes?.writeId === writeId)
    return undos.map((undo) => ({ ...undo, undoes: { writeId, effect } }))
  }

  function save(write: StoredWrite, { revision, tasks, effect }: Acknowledgement): void {
    if (tasks) copy.receive(tasks)
    const isShown = tasks !== undefined || revision <= (copy.position?.revision ?? 0)
    const put = tellUndos(write.id, effect)
    if (isShown) waiting.remove(write.id)
    else put.push({ ...write, acknowledged: revision })
    for (const changed of put) waiting.put(changed)
    void keep({ putWrites: put, deleteWrites: isShown ? [write.id] : [] })
    const past = known.get(write.id)
    if (past) known.set(write.id, { ...past, effect })
    finish(write, { status: 'saved', revision: effect?.revision ?? null })
  }

  function refuse(write: StoredWrite, problem: Problem): void {
    const { id, kind, operations } = write
    const refusal = { write: { id, kind, operations }, problem, at: new Date().toISOString() }
    refusals = [...refusals, refusal]
    waiting.remove(id)
    known.delete(id)
    void keep({ deleteWrites: [id], putRefusals: [refusal] })
    finish(write, { status: 'refused', problem })
  }

  return {
    get refusals() {
      return refusals
    },
    get pending() {
      return [...waiting.writes.values()].filter(({ acknowledged }) => acknowledged === undefined).length
    },
    load: (kept) => {
      refusals = kept
      onChange([])
    },
    adopt: (writes) => {
      const left = writes.filter(({ id }) => !waiting.writes.has(id)).map((write) => ({ ...write, outbox }))
      const own = [...waiting.writes.values()]
      for (const { id } of own) waiting.remove(id)
      for (const write of [...left, ...own]) {
        waiting.put(write)
        onChange(taskIdsOf(write))
      }
      void keep({ putWrites: left })
    },
    add,
    undo,
    update: (write) => {
      waiting.put(write)
      onChange(taskIdsOf(write))
      return keep({ putWrites: [write] })
    },
    save,
    refuse,
    dismiss: (writeId) => {
      refusals = refusals.filter(({ write }) => write.id !== writeId)
      void keep({ deleteRefusals: [writeId] })
      onChange([])
    },
    reach: (position) => {
      // Of what was acknowledged in another epoch nothing is left to wait for.
      const isOtherLife = epoch !== undefined && epoch !== position.epoch
      epoch = position.epoch
      for (const write of waiting.writes.values()) {
        if (write.acknowledged === undefined || (write.acknowledged > position.revision && !isOtherLife)) continue
        waiting.remove(write.id)
        void keep({ deleteWrites: [write.id] })
        onChange(taskIdsOf(write))
      }
    },
  }
}

/** What the caller changes later changes nothing here, and what cannot be sent is not there. */
function copyOf(operations: readonly SyncOperation[]): readonly SyncOperation[] {
  return JSON.parse(JSON.stringify(operations))
}
