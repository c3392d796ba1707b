import { randomUUID } from 'node:crypto'
import type { Operation, SyncOperation, SyncWrite, Task, TaskChanges } from '@taskwell/api'
import fc from 'fast-check'
import type { Device } from './device.ts'

/** What runs: devices of several users, and a server that may be restarted. */
export interface World {
  readonly devices: readonly Device[]
  readonly made: Map<string, Made>
  restartServer(): Promise<void>
}

/** A write as it was asked for. */
export interface Made {
  readonly write: SyncWrite
  readonly device: Device
  readonly operations: readonly SyncOperation[]
  readonly undoes: string | undefined
  hasSettled(): boolean
}

type Command = fc.AsyncCommand<object, World>
type Act = (device: Device, world: World, seed: number) => Promise<void> | void

/** How often something is done, as against the others. */
const acts: readonly { readonly name: string; readonly weight: number; readonly act: Act }[] = [
  { name: 'create', weight: 14, act: create },
  { name: 'edit', weight: 30, act: edit },
  { name: 'edit unchanged', weight: 3, act: (device, world, seed) => editUnchanged(device, world, seed) },
  { name: 'delete', weight: 8, act: (...at) => operateOnOne('delete', ...at) },
  { name: 'restore', weight: 6, act: (...at) => operateOnOne('restore', ...at) },
  { name: 'erase', weight: 2, act: (...at) => operateOnOne('erase', ...at) },
  { name: 'batch', weight: 10, act: batch },
  { name: 'undo', weight: 12, act: undo },
  { name: 'disconnect', weight: 4, act: ({ link }) => link.cut() },
  { name: 'reconnect', weight: 8, act: ({ link }) => link.mend() },
  { name: 'lose the next replies', weight: 5, act: ({ faults }, _, seed) => void (faults.drop = 1 + (seed % 3)) },
  { name: 'send twice', weight: 5, act: ({ faults }, _, seed) => void (faults.duplicate = 1 + (seed % 3)) },
  { name: 'lose a pushed change', weight: 3, act: ({ link }) => void (link.lose += 1) },
  { name: 'restart the program', weight: 2, act: (device) => device.restart() },
  { name: 'restart the server', weight: 1, act: (_, { restartServer }) => restartServer() },
  { name: 'wait', weight: 6, act: (_device, _world, seed) => pause(seed % 30) },
]

/** Any command, to a device by its place. */
export function anyCommand(devices: number): fc.Arbitrary<Command> {
  const act = fc.oneof(...acts.map((value) => ({ weight: value.weight, arbitrary: fc.constant(value) })))
  return fc.record({ act, place: fc.nat(devices - 1), seed: fc.nat(1_000_000) }).map(({ act, place, seed }) => ({
    check: () => true,
    run: async (_, world) => {
      const device = world.devices[place]
      if (!device) throw new Error('There is no such device')
      await act.act(device, world, seed)
      for (const other of world.devices) other.complaints.push(...findHidden(other, world))
      // Gives what was begun a chance, so that much happens at once and not all of it at the end.
      await pause(seed % 3)
    },
    toString: () => `${act.name} (device ${place}, ${seed})`,
  }))
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time))
}

function note(world: World, device: Device, write: SyncWrite, operations: readonly SyncOperation[], undoes?: string) {
  let hasSettled = false
  void write.settled.then(() => (hasSettled = true))
  device.writes.push(write)
  world.made.set(write.id, { write, device, operations, undoes, hasSettled: () => hasSettled })
}

/** What somebody has edited shows until the server has answered, whatever else comes in from there. */
function findHidden({ sync, writes }: Device, { made }: World): string[] {
  const waiting = writes.flatMap(({ id }) => made.get(id) ?? []).filter(({ hasSettled }) => !hasSettled())
  const edits = Map.groupBy(
    waiting.flatMap(({ write, operations }) => write.taskIds.map((taskId) => ({ taskId, operations }))),
    ({ taskId }) => taskId,
  )
  const { tasks } = sync.getSnapshot()
  return [...edits].flatMap(([id, ofTask]) => {
    const operations = ofTask.map((made) => made.operations)
    // With nothing else on its way, an edit cannot have been one of a task that was deleted then.
    if (!operations.every(([operation, second]) => operation?.op === 'update' && !second)) return []
    const title = operations
      .flat()
      .flatMap((operation) => (operation.op === 'update' ? (operation.changes.title ?? []) : []))
      .at(-1)
    const task = tasks.get(id)
    const isHidden = title !== undefined && task?.deletedAt === null && task.title !== title
    return isHidden ? [`the title of ${id} shows as ${task.title}, not as ${title}`] : []
  })
}

let count = 0

/** Never the same text twice: so a write that is done twice shows. */
function unique(word: string): string {
  count += 1
  return `${word} ${count}`
}

function pick<T>(values: readonly T[], seed: number): T | undefined {
  return values[seed % Math.max(1, values.length)]
}

function tasksOf({ sync }: Device, isDeleted: boolean): Task[] {
  return [...sync.getSnapshot().tasks.values()]
    .filter(({ deletedAt }) => (deletedAt !== null) === isDeleted)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function create(device: Device, world: World, seed: number): void {
  const task = { title: unique('created'), completed: seed % 5 === 0, priority: 'low' as const }
  const write = device.sync.createTask(task)
  const [id = ''] = write.taskIds
  note(world, device, write, [{ op: 'create', task: { ...task, id } }])
}

function anyChanges(seed: number): TaskChanges {
  return {
    ...(seed % 2 === 0 && { title: unique('edited') }),
    ...(seed % 3 === 0 && { description: unique('described') }),
    ...(seed % 5 === 0 && { completed: seed % 10 === 0 }),
    ...(seed % 7 === 0 && { priority: seed % 14 === 0 ? 'high' : 'low' }),
    ...(seed % 11 === 0 && { dueDate: seed % 22 === 0 ? null : '2027-01-01' }),
  }
}

function edit(device: Device, world: World, seed: number): void {
  const task = pick(tasksOf(device, false), seed)
  if (!task) return
  const changes = anyChanges(seed)
  note(world, device, device.sync.updateTask(task.id, changes), [{ op: 'update', id: task.id, changes }])
}

function editUnchanged(device: Device, world: World, seed: number): void {
  const task = pick(tasksOf(device, false), seed)
  if (!task) return
  const changes = { title: task.title }
  note(world, device, device.sync.updateTask(task.id, changes), [{ op: 'update', id: task.id, changes }])
}

/** Now and then on a task that is not in that state: the server has to refuse it. */
function operateOnOne(op: 'delete' | 'restore' | 'erase', device: Device, world: World, seed: number): void {
  const isDeleted = (op !== 'delete') !== (seed % 17 === 0)
  const task = pick(tasksOf(device, isDeleted), seed)
  if (!task) return
  const { sync } = device
  const write = { delete: sync.deleteTask, restore: sync.restoreTask, erase: sync.eraseTask }[op](task.id)
  note(world, device, write, [{ op, id: task.id }])
}

function batch(device: Device, world: World, seed: number): void {
  const operations = Array.from({ length: 1 + (seed % 6) }, (_, place) => anyOperation(device, seed + place * 7919))
  const found = operations.filter((operation) => operation !== undefined)
  if (found.length > 0) note(world, device, device.sync.batch(found), found)
}

function anyOperation(device: Device, seed: number): Operation | undefined {
  if (seed % 4 === 0) return { op: 'create', task: { id: randomUUID(), title: unique('created in a batch') } }
  const task = pick(tasksOf(device, seed % 4 === 3), seed)
  if (!task) return undefined
  if (seed % 4 === 3) return { op: 'restore', id: task.id }
  return seed % 4 === 2 && seed % 3 === 0
    ? { op: 'delete', id: task.id }
    : { op: 'update', id: task.id, changes: anyChanges(seed) }
}

/** Mostly one of the last writes, which nobody has built upon. */
function undo(device: Device, world: World, seed: number): void {
  const write = pick(device.writes.slice(seed % 5 === 0 ? 0 : -3), seed)
  const undone = write && device.sync.undo(write.id)
  if (!write || !undone) return
  const made = world.made.get(write.id)
  note(world, device, undone, [], write.id)
  if (!made) throw new Error('Every write is noted')
}
