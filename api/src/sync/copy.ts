import type { Change } from '../changes.ts'
import type { Task } from '../tasks.ts'
import type { Position, StorageStep } from './storage.ts'

/**
 * The server's tasks as this client knows them. At revision R it shows of every task what the server had at R or
 * later: tasks of replies may be ahead of it, and nothing older ever takes the place of something newer.
 */
export interface Copy {
  readonly position: Position | null
  readonly tasks: ReadonlyMap<string, Task>
  /** Begins with what was kept. */
  load(position: Position | null, tasks: readonly Task[]): void
  /** Takes in what changed between a revision that the copy has reached and `to`. */
  advance(changes: readonly Change[], to: Position): void
  /** Takes in tasks of a reply, which the feed will bring again. */
  receive(tasks: readonly Task[]): void
  /** Takes in a full copy, in place of everything. */
  replace(tasks: ReadonlyMap<string, Task>, position: Position): void
}

export interface CopyOptions {
  /** Hears of tasks that are not as they were, and what there is to keep of it. */
  onChange(ids: Iterable<string>, step: StorageStep): void
}

export function createCopy(options: CopyOptions): Copy {
  let position: Position | null = null
  let tasks = new Map<string, Task>()

  function take(candidates: readonly Task[]): { putTasks: Task[]; deleteTasks: string[] } {
    const reached = position?.revision ?? 0
    const news = candidates.filter(
      ({ id, revision }) => revision > reached && revision >= (tasks.get(id)?.revision ?? 0),
    )
    for (const task of news) {
      if (isErased(task)) tasks.delete(task.id)
      else tasks.set(task.id, task)
    }
    return {
      putTasks: news.filter((task) => !isErased(task)),
      deleteTasks: news.filter(isErased).map(({ id }) => id),
    }
  }

  return {
    get position() {
      return position
    },
    get tasks() {
      return tasks
    },
    load: (kept, keptTasks) => {
      position = kept
      tasks = new Map(keptTasks.map((task) => [task.id, task]))
    },
    advance: (changes, to) => {
      const taken = take(changes.map(({ task }) => task))
      position = { epoch: to.epoch, revision: Math.max(to.revision, position?.revision ?? 0) }
      options.onChange(idsOf(taken), { ...taken, position })
    },
    receive: (received) => {
      const taken = take(received)
      options.onChange(idsOf(taken), taken)
    },
    replace: (fresh, to) => {
      // What a reply brought while the pages came; another epoch knows nothing of it.
      const isSameLife = position?.epoch === to.epoch
      const ahead = [...tasks.values()].filter((task) => isSameLife && task.revision > to.revision)
      const before = [...tasks.keys()]
      tasks = new Map([...fresh, ...ahead.map((task) => [task.id, task] as const)])
      position = to
      const step = { position, deleteAllTasks: true, putTasks: [...tasks.values()] }
      options.onChange(new Set([...before, ...tasks.keys()]), step)
    },
  }
}

/** Of an erased task only a tombstone is left; no other task is without a title. */
export function isErased(task: Task): boolean {
  return task.title === ''
}

function idsOf({ putTasks, deleteTasks }: { putTasks: Task[]; deleteTasks: string[] }): string[] {
  return [...putTasks.map(({ id }) => id), ...deleteTasks]
}
