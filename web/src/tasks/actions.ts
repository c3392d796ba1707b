import type { NewTask, Operation, Priority, Sync, SyncWrite, Task, TaskChanges } from '@taskwell/api'
import { showToast, type Toast } from '../ui/toasts.tsx'

/** What a user does to tasks. Each is seen at once, told in a toast, and can be taken back. */
export interface Actions {
  add(task: NewTask): void
  change(task: Task, changes: TaskChanges): void
  complete(tasks: readonly Task[], completed: boolean): void
  redate(tasks: readonly Task[], dueDate: string | null): void
  prioritise(tasks: readonly Task[], priority: Priority): void
  remove(tasks: readonly Task[]): void
  restore(tasks: readonly Task[]): void
  /** For good. */
  erase(task: Task): void
  emptyBin(): void
  /** Takes back the last action of this page. */
  undoLast(): void
}

const largestBatch = 100
const longestMemory = 100
const known = new WeakMap<Sync, Actions>()

/** The actions on a copy; the same object each time, with its memory of what can be undone. */
export function actionsOf(sync: Sync): Actions {
  const actions = known.get(sync) ?? createActions(sync)
  known.set(sync, actions)
  return actions
}

interface Deed {
  readonly text: string
  readonly writes: readonly SyncWrite[]
}

function createActions(sync: Sync): Actions {
  const deeds: Deed[] = []
  /** What the last toast tells of. */
  let told: { readonly writes: readonly SyncWrite[]; takeBack(): void } | undefined

  // What the server refuses has not happened: `frame/refusals.tsx` says so.
  sync.subscribe(() => {
    const { refusals } = sync.getSnapshot()
    if (refusals.length === 0) return
    const refused = new Set(refusals.map(({ write }) => write.id))
    const isRefused = ({ id }: SyncWrite) => refused.has(id)
    if (told?.writes.some(isRefused)) {
      told.takeBack()
      told = undefined
    }
    for (const deed of deeds.filter(({ writes }) => writes.every(isRefused))) deeds.splice(deeds.indexOf(deed), 1)
  })

  const say = (text: string, writes: readonly SyncWrite[], action?: Toast['action']) => {
    told = { writes, takeBack: showToast(text, action) }
  }
  const tell = (deed: Deed) => {
    deeds.push(deed)
    if (deeds.length > longestMemory) deeds.shift()
    say(deed.text, deed.writes, { label: 'Undo', run: () => undo(deed) })
  }
  const undo = (deed: Deed | undefined) => {
    if (!deed) return say('There is nothing to undo on this page.', [])
    const index = deeds.indexOf(deed)
    if (index >= 0) deeds.splice(index, 1)
    const undone = reverse(deed.writes)
    const redo = () => {
      const writes = reverse(undone)
      if (writes.length > 0) tell({ text: deed.text, writes })
      else say('That cannot be redone.', [])
    }
    say(`Undone: ${deed.text}`, undone, undone.length > 0 ? { label: 'Redo', run: redo } : undefined)
  }
  const reverse = (writes: readonly SyncWrite[]) =>
    writes
      .toReversed()
      .map(({ id }) => sync.undo(id))
      .filter((write) => write !== undefined)
  const write = (operations: readonly Operation[]): SyncWrite[] => {
    const [only, ...others] = operations
    if (only && others.length === 0) return [writeOne(sync, only)]
    const writes: SyncWrite[] = []
    for (let start = 0; start < operations.length; start += largestBatch) {
      writes.push(sync.batch(operations.slice(start, start + largestBatch)))
    }
    return writes
  }
  const perform = (text: string, operations: readonly Operation[]) => {
    if (operations.length > 0) tell({ text, writes: write(operations) })
  }
  const changeAll = (verb: string, tasks: readonly Task[], changesOf: (task: Task) => TaskChanges) =>
    perform(
      `${verb} ${nameOf(tasks)}`,
      tasks.map((task) => ({ op: 'update', id: task.id, changes: changesOf(task) })),
    )

  return {
    add: (task) => perform(`Added ${quote(task.title)}`, [{ op: 'create', task }]),
    change: (task, changes) => {
      if (Object.keys(changes).length > 0) changeAll('Changed', [task], () => changes)
    },
    complete: (tasks, completed) =>
      changeAll(
        completed ? 'Completed' : 'Reopened',
        tasks.filter((task) => task.completed !== completed),
        () => ({ completed }),
      ),
    redate: (tasks, dueDate) =>
      changeAll(dueDate === null ? 'Took the date off' : 'Moved', tasks, (task) => redated(task, dueDate)),
    prioritise: (tasks, priority) => changeAll(`Made ${priority}:`, tasks, () => ({ priority })),
    remove: (tasks) =>
      perform(
        `Moved ${nameOf(tasks)} to the bin`,
        tasks.map(({ id }) => ({ op: 'delete', id })),
      ),
    restore: (tasks) =>
      perform(
        `Restored ${nameOf(tasks)}`,
        tasks.map(({ id }) => ({ op: 'restore', id })),
      ),
    erase: (task) => {
      say(`Erased ${quote(task.title)} for good`, [sync.eraseTask(task.id)])
    },
    emptyBin: () => {
      say('Emptied the bin', [sync.emptyBin()])
    },
    undoLast: () => undo(deeds.at(-1)),
  }
}

function writeOne(sync: Sync, operation: Operation): SyncWrite {
  switch (operation.op) {
    case 'create':
      return sync.createTask(operation.task)
    case 'update':
      return sync.updateTask(operation.id, operation.changes)
    case 'delete':
      return sync.deleteTask(operation.id)
    case 'restore':
      return sync.restoreTask(operation.id)
  }
}

/** A time goes along with its day, and goes with it. */
function redated(task: Task, dueDate: string | null): TaskChanges {
  return dueDate === null && task.dueTime !== null ? { dueDate, dueTime: null, dueTimeZone: null } : { dueDate }
}

function nameOf(tasks: readonly Task[]): string {
  const [only] = tasks
  return only && tasks.length === 1 ? quote(only.title) : `${tasks.length.toLocaleString()} tasks`
}

function quote(title: string): string {
  const letters = Array.from(title)
  return `“${letters.length > 40 ? `${letters.slice(0, 39).join('')}…` : title}”`
}
