import { priorities, type Priority, type Task, type TaskSort } from '@taskwell/api'
import type { Clock } from './clock.ts'
import { type Due, dueDayOf, isDue, isOverdue } from './due.ts'
import { foldText, matches, searchWords } from './search.ts'

/** What the address says of the list. */
export interface TaskView {
  readonly q: string
  readonly due: Due | undefined
  readonly completed: boolean | undefined
  readonly priority: readonly Priority[]
  /** Undefined groups by due day. */
  readonly sort: { readonly by: TaskSort; readonly isDescending: boolean } | undefined
}

export const groups = ['overdue', 'today', 'week', 'later', 'none', 'done'] as const
export type Group = (typeof groups)[number]

/** A line of the list: a heading or a task. */
export type Line =
  | { readonly kind: 'group'; readonly group: Group; readonly count: number; readonly isOpen: boolean }
  | { readonly kind: 'task'; readonly task: Task }

/** The tasks that the view lets through, in the order in which they come. */
export function filterTasks(tasks: Iterable<Task>, view: TaskView, clock: Clock): Task[] {
  const words = searchWords(view.q)
  const found: Task[] = []
  for (const task of tasks) {
    if (task.deletedAt !== null) continue
    if (view.completed !== undefined && task.completed !== view.completed) continue
    if (view.priority.length > 0 && !view.priority.includes(task.priority)) continue
    if (view.due !== undefined && !isDue(task, view.due, clock)) continue
    if (matches(task, words)) found.push(task)
  }
  return found
}

/** What is in the bin and was not erased, the last first. Erased tasks have no title any more. */
export function listBin(tasks: Iterable<Task>): Task[] {
  const found = [...tasks].filter((task) => task.deletedAt !== null && task.title !== '')
  return found.sort((a, b) => compare(b.deletedAt ?? '', a.deletedAt ?? '') || compare(a.id, b.id))
}

/** In the order of the API: what lacks a value comes last both ways, and ties go by id. */
export function sortTasks(tasks: readonly Task[], { by, isDescending }: NonNullable<TaskView['sort']>): Task[] {
  const sign = isDescending ? -1 : 1
  const keyed = tasks.map((task) => ({ task, keys: [...sortKeys(task, by), task.id] }))
  keyed.sort((a, b) => {
    for (const [index, key] of a.keys.entries()) {
      const other = b.keys[index] ?? null
      if (key === other) continue
      if (key === null || other === null) return key === null ? 1 : -1
      return sign * compare(key, other)
    }
    return 0
  })
  return keyed.map(({ task }) => task)
}

/** All tasks of the list in the order in which they show, so that a search, which runs with every letter, needs no sorting. */
export interface Arrangement {
  readonly tasks: readonly Task[]
  readonly groups: ReadonlyMap<Task, Group>
}

/** Groups by due day; within a group by day and time, then priority. Done tasks come last, the latest first. */
export function arrangeTasks(tasks: Iterable<Task>, clock: Clock): Arrangement {
  const keyed = []
  for (const task of tasks) {
    if (task.deletedAt === null) keyed.push({ task, group: groupOf(task, clock), key: groupKey(task) })
  }
  keyed.sort(
    (a, b) =>
      groups.indexOf(a.group) - groups.indexOf(b.group) ||
      (a.group === 'done' ? compare(b.task.completedAt ?? '', a.task.completedAt ?? '') : compare(a.key, b.key)),
  )
  return {
    tasks: keyed.map(({ task }) => task),
    groups: new Map(keyed.map(({ task, group }) => [task, group])),
  }
}

/** Puts headings above tasks that are in the order of the arrangement, and leaves out what is in closed groups. */
export function groupTasks(
  tasks: readonly Task[],
  arrangement: Arrangement,
  isOpen: (group: Group) => boolean,
): Line[] {
  const members = Map.groupBy(tasks, (task) => arrangement.groups.get(task))
  return groups.flatMap((group): Line[] => {
    const found = members.get(group)
    if (!found) return []
    const heading = { kind: 'group', group, count: found.length, isOpen: isOpen(group) } as const
    return heading.isOpen ? [heading, ...found.map((task): Line => ({ kind: 'task', task }))] : [heading]
  })
}

function groupOf(task: Task, clock: Clock): Group {
  if (task.completed) return 'done'
  const day = dueDayOf(task, clock.timeZone)
  if (day === null) return 'none'
  if (isOverdue(task, clock)) return 'overdue'
  if (day <= clock.today) return 'today'
  return day <= clock.weekEnd ? 'week' : 'later'
}

function groupKey(task: Task): string {
  const due = task.dueDate === null ? '' : `${task.dueDate} ${task.dueTime ?? '~'}`
  return `${due} ${priorities.indexOf(task.priority)} ${task.createdAt} ${task.id}`
}

function sortKeys(task: Task, by: TaskSort): (string | null)[] {
  switch (by) {
    case 'dueDate':
      return [task.dueDate, task.dueTime]
    case 'priority':
      return [String(priorities.indexOf(task.priority))]
    case 'title':
      return [foldText(task.title)]
    default:
      return [task[by]]
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
