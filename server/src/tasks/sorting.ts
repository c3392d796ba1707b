import type { TaskQuery, TaskSort } from '@taskwell/api'

/** By what a list is sorted: a column that has a value for every task, then the id. */
export interface Sorting {
  /** Undefined sorts by id alone. */
  readonly column: SortColumn | undefined
  readonly direction: 'asc' | 'desc'
}

export type SortColumn =
  | 'created_at'
  | 'updated_at'
  | 'due_up'
  | 'due_down'
  | 'priority'
  | 'title_key'
  | 'completed_up'
  | 'completed_down'
  | 'deleted_at'

/** Ascending and descending: where a task may lack the value, it comes last both ways. */
const columns: Record<TaskSort, readonly [ascending: SortColumn, descending: SortColumn]> = {
  createdAt: ['created_at', 'created_at'],
  updatedAt: ['updated_at', 'updated_at'],
  dueDate: ['due_up', 'due_down'],
  priority: ['priority', 'priority'],
  title: ['title_key', 'title_key'],
  completedAt: ['completed_up', 'completed_down'],
  deletedAt: ['deleted_at', 'deleted_at'],
}

/** The sorting that a query asks for; the newest first unless it says otherwise. */
export function sortingOf({ sort = '-createdAt', deleted = false }: Pick<TaskQuery, 'sort' | 'deleted'>): Sorting {
  const descending = sort.startsWith('-')
  const name = taskSort(sort)
  // Live tasks have no time of deletion, so only their ids tell them apart.
  const column = name === 'deletedAt' && !deleted ? undefined : columns[name][descending ? 1 : 0]
  return { column, direction: descending ? 'desc' : 'asc' }
}

/** The sort without its direction; the schema allows no other text. */
function taskSort(sort: NonNullable<TaskQuery['sort']>): TaskSort {
  return sort.replace('-', '') as TaskSort
}
