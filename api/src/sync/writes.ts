import type { Operation } from '../batch.ts'
import type { Ledger } from './ledger.ts'
import type { Sync, SyncKind, SyncOperation, SyncSnapshot, SyncWrite } from './types.ts'

type Writes = Pick<
  Sync,
  'createTask' | 'updateTask' | 'deleteTask' | 'restoreTask' | 'batch' | 'eraseTask' | 'emptyBin'
>

/** The functions that make writes. */
export function writesOf(options: {
  readonly ledger: Ledger
  makeId(): string
  getSnapshot(): SyncSnapshot
  /** Something waits to be sent. */
  onWrite(): void
}): Writes {
  function write(kind: SyncKind, operations: readonly SyncOperation[]): SyncWrite {
    const made = options.ledger.add(kind, operations)
    options.onWrite()
    return made
  }

  function withId(operation: Operation): Operation {
    if (operation.op !== 'create') return { ...operation, id: operation.id.toLowerCase() }
    const id = operation.task.id?.toLowerCase() ?? options.makeId()
    return { op: 'create', task: { ...operation.task, id } }
  }

  return {
    createTask: (task) => write('create', [withId({ op: 'create', task })]),
    updateTask: (id, changes) => write('update', [withId({ op: 'update', id, changes })]),
    deleteTask: (id) => write('delete', [withId({ op: 'delete', id })]),
    restoreTask: (id) => write('restore', [withId({ op: 'restore', id })]),
    batch: (operations) => write('batch', operations.map(withId)),
    eraseTask: (id) => write('erase', [{ op: 'erase', id: id.toLowerCase() }]),
    emptyBin: () => {
      const bin = [...options.getSnapshot().tasks.values()].filter((task) => task.deletedAt !== null)
      return write(
        'empty bin',
        bin.map(({ id }) => ({ op: 'erase', id })),
      )
    },
  }
}
