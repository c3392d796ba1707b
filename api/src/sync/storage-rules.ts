import type { Task } from '../tasks.ts'
import type { StoredState, StoredWrite, SyncStorage } from './storage.ts'
import type { SyncRefusal } from './types.ts'

/** Opens the same storage again each time, as a program does that was ended and started anew. */
export type OpenStorage = () => Promise<SyncStorage>

/** What every storage must do. Each rule wants one that nothing was kept in, and throws when it is broken. */
export const storageRules: readonly { readonly rule: string; check(open: OpenStorage): Promise<void> }[] = [
  {
    rule: 'nothing is in it at first',
    check: async (open) => expectState(await (await open()).load(), {}),
  },
  {
    rule: 'what was kept is there when it is opened again',
    check: async (open) => {
      const storage = await open()
      const position = { revision: 7, epoch: 'e' }
      const state = { position, owner: 'o', tasks: [task(1), task(2)], writes: [write(1)], refusals: [refusal(1)] }
      await storage.commit({
        position,
        owner: 'o',
        putTasks: state.tasks,
        putWrites: state.writes,
        putRefusals: state.refusals,
      })
      expectState(await storage.load(), state)
      await storage.close?.()
      expectState(await (await open()).load(), state)
    },
  },
  {
    rule: 'what a step does not name stays',
    check: async (open) => {
      const storage = await open()
      const position = { revision: 1, epoch: 'e' }
      await storage.commit({ position, owner: 'o', putTasks: [task(1)], putWrites: [write(1)] })
      await storage.commit({})
      await storage.commit({ putRefusals: [refusal(2)] })
      const kept = { position, owner: 'o', tasks: [task(1)], writes: [write(1)], refusals: [refusal(2)] }
      expectState(await storage.load(), kept)
    },
  },
  {
    rule: 'putting takes the place of what has the same id, and deleting what is not there is fine',
    check: async (open) => {
      const storage = await open()
      await storage.commit({ putTasks: [task(1), task(2)], putWrites: [write(1), write(2)], putRefusals: [refusal(3)] })
      const sent = { ...write(2), wasSent: true as const }
      await storage.commit({ putTasks: [task(2, 9)], putWrites: [sent], deleteTasks: ['no'], deleteWrites: ['no'] })
      await storage.commit({ deleteTasks: [task(1).id], deleteWrites: [write(1).id], deleteRefusals: ['no'] })
      expectState(await storage.load(), { tasks: [task(2, 9)], writes: [sent], refusals: [refusal(3)] })
      await storage.commit({ deleteRefusals: [refusal(3).write.id] })
      expectState(await storage.load(), { tasks: [task(2, 9)], writes: [sent] })
    },
  },
  {
    rule: 'all tasks can be replaced in one step, and nothing else goes with them',
    check: async (open) => {
      const storage = await open()
      await storage.commit({ putTasks: [task(1), task(2)], putWrites: [write(1)] })
      await storage.commit({ deleteAllTasks: true, putTasks: [task(3)] })
      expectState(await storage.load(), { tasks: [task(3)], writes: [write(1)] })
    },
  },
  {
    rule: 'steps take effect in the order of the calls, also when nobody waits between them',
    check: async (open) => {
      const storage = await open()
      const steps = Array.from({ length: 50 }, (_, revision) => storage.commit({ putTasks: [task(1, revision)] }))
      await Promise.all([
        ...steps,
        storage.commit({ putWrites: [write(1)] }),
        storage.commit({ deleteWrites: [write(1).id] }),
      ])
      expectState(await storage.load(), { tasks: [task(1, 49)] })
    },
  },
  {
    rule: 'writes come in the order of their ids, however they were put',
    check: async (open) => {
      const storage = await open()
      for (const number of [3, 1, 2]) await storage.commit({ putWrites: [write(number)] })
      expectSame(await storage.loadWrites(), [write(1), write(2), write(3)])
      expectState(await storage.load(), { writes: [write(1), write(2), write(3)] })
    },
  },
  {
    rule: 'ten thousand tasks are kept in one step',
    check: async (open) => {
      const storage = await open()
      const tasks = Array.from({ length: 10_000 }, (_, number) => task(number))
      await storage.commit({ putTasks: tasks })
      expectState(await (await open()).load(), { tasks })
    },
  },
]

function expectState(state: StoredState, expected: Partial<StoredState>): void {
  const nothing = { position: null, owner: null, tasks: [], writes: [], refusals: [] }
  const { tasks, ...rest } = { ...nothing, ...expected }
  const { tasks: found, ...foundRest } = state
  expectSame(foundRest, rest)
  expectSame(found.toSorted(byId), tasks.toSorted(byId))
}

function byId(one: Task, other: Task): number {
  return one.id < other.id ? -1 : 1
}

/** Compares plain data; the order of fields does not count. */
function expectSame(found: unknown, expected: unknown): void {
  const [seen, wanted] = [canonical(found), canonical(expected)]
  if (seen !== wanted) throw new Error(`The storage answers ${seen.slice(0, 500)} instead of ${wanted.slice(0, 500)}`)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}

function idOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
}

const at = '2027-01-01T00:00:00.000Z'

function task(number: number, revision = 1): Task {
  return {
    id: idOf(number),
    title: `Task ${number} 🌱`,
    description: null,
    completed: false,
    completedAt: null,
    priority: 'medium',
    dueDate: '2027-01-01',
    dueTime: null,
    dueTimeZone: null,
    version: 1,
    revision,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  }
}

function write(number: number): StoredWrite {
  const id = idOf(number)
  return { id, outbox: 'one', kind: 'delete', operations: [{ op: 'delete', id }], at }
}

function refusal(number: number): SyncRefusal {
  const { id, kind, operations } = write(number)
  const problem = {
    type: 'urn:taskwell:problem:not_found',
    title: 'No',
    status: 404,
    code: 'not_found',
    requestId: 'r',
  }
  return { write: { id, kind, operations }, problem, at }
}
