import type { SyncOperation, Task } from '@taskwell/api'

/** A write as the store says that it happened. */
export interface KeptWrite {
  readonly id: string
  /** Of the space after it. */
  readonly revision: number
  readonly operations: readonly SyncOperation[]
  /** The id of the write that it undoes. */
  readonly undoes: string | undefined
}

/** A task without what depends on the clock: instants are the revision of their write, which is as unique. */
export interface ModelTask extends Pick<
  Task,
  'title' | 'description' | 'priority' | 'dueDate' | 'version' | 'revision'
> {
  readonly completedAt: number | null
  readonly deletedAt: number | null
}

interface Row {
  readonly taskId: string
  readonly before: ModelTask | undefined
  readonly after: ModelTask | undefined
}

export interface State {
  readonly tasks: ReadonlyMap<string, ModelTask>
  readonly revision: number
  /** What each write did, by its id; erasing leaves no history. */
  readonly history: ReadonlyMap<string, readonly Row[]>
}

const emptyState: State = { tasks: new Map(), revision: 0, history: new Map() }

/**
 * Does the writes once each, in the order of their revisions.
 * @throws when they do not lead to these revisions one by one: then something was lost, done twice or misplaced.
 */
export function replay(writes: readonly KeptWrite[]): State {
  let state = emptyState
  const revisions = [...new Set(writes.map(({ revision }) => revision))].toSorted((one, other) => one - other)
  for (const revision of revisions) {
    let waiting = writes.filter((write) => write.revision === revision)
    // Of several that end at one revision, one made it, and the others changed nothing after it.
    while (waiting.length > 0) {
      const results = waiting.map((write) => ({ write, after: apply(state, write) }))
      const next = results.find(({ after }) => after.revision === revision)
      if (!next) throw new Error(`No write leads from ${state.revision} to ${revision}: ${JSON.stringify(waiting)}`)
      state = next.after
      waiting = waiting.filter(({ id }) => id !== next.write.id)
    }
  }
  return state
}

function apply(state: State, write: KeptWrite): State {
  const tasks = new Map(state.tasks)
  const rows: Row[] = []
  let { revision } = state
  const at = write.revision
  const put = (taskId: string, changed: Omit<ModelTask, 'version' | 'revision'>): void => {
    const before = tasks.get(taskId)
    revision += 1
    const after = { ...changed, version: (before?.version ?? 0) + 1, revision }
    tasks.set(taskId, after)
    rows.push({ taskId, before, after })
  }

  const operate = (operation: SyncOperation): void => {
    if (operation.op === 'create') {
      const { id = '', title, description = null, completed, priority = 'medium', dueDate = null } = operation.task
      const completedAt = completed ? at : null
      if (!tasks.has(id)) put(id, { title, description, priority, dueDate, completedAt, deletedAt: null })
      return
    }
    const task = tasks.get(operation.id)
    if (!task) return
    if (operation.op === 'update' && task.deletedAt === null) {
      const { completed = task.completedAt !== null, ...content } = operation.changes
      const changed = { ...task, ...content, completedAt: completed ? (task.completedAt ?? at) : null }
      if (JSON.stringify(changed) !== JSON.stringify(task)) put(operation.id, changed)
    }
    if (operation.op === 'delete' && task.deletedAt === null) put(operation.id, { ...task, deletedAt: at })
    if (operation.op === 'restore' && task.deletedAt !== null) put(operation.id, { ...task, deletedAt: null })
    if (operation.op === 'erase' && task.deletedAt !== null) {
      tasks.delete(operation.id)
      revision += 1
    }
  }

  const undo = (writeId: string): void => {
    for (const [taskId, group] of Map.groupBy(state.history.get(writeId) ?? [], (row) => row.taskId)) {
      const [first, last] = [group[0], group.at(-1)]
      const task = tasks.get(taskId)
      if (!task || !first || !last?.after) continue
      if (!first.before) {
        if (last.after.deletedAt === null) put(taskId, { ...task, deletedAt: at })
        continue
      }
      const reverted = changedFields(first.before, last.after)
      if (Object.keys(reverted).length > 0) put(taskId, { ...task, ...reverted })
    }
  }

  if (write.undoes === undefined) for (const operation of write.operations) operate(operation)
  else undo(write.undoes)
  return { tasks, revision, history: new Map(state.history).set(write.id, rows) }
}

const fields = ['title', 'description', 'priority', 'dueDate', 'completedAt', 'deletedAt'] as const

/** The fields in which they differ, as they were before. */
function changedFields(before: ModelTask, after: ModelTask): Partial<ModelTask> {
  const changed = fields.filter((field) => before[field] !== after[field])
  return Object.fromEntries(changed.map((field) => [field, before[field]]))
}
