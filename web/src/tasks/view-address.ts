import { dueFilters, priorities, taskSorts } from '@taskwell/api'
import type { TaskView } from './task-list.ts'

/** Reads the view from the address; what it does not know it leaves out. */
export function readView(search: URLSearchParams): TaskView {
  const completed = search.get('completed')
  const sort = search.get('sort') ?? ''
  const by = taskSorts.find((name) => name === sort.replace(/^-/, ''))
  return {
    q: search.get('q') ?? '',
    due: dueFilters.find((name) => name === search.get('due')),
    completed: completed === 'true' ? true : completed === 'false' ? false : undefined,
    priority: priorities.filter((name) => search.getAll('priority').includes(name)),
    sort: by && { by, isDescending: sort.startsWith('-') },
  }
}

/** The address of a view of the list. */
export function viewAddress(view: Partial<TaskView>): string {
  const search = new URLSearchParams()
  if (view.q) search.set('q', view.q)
  if (view.due) search.set('due', view.due)
  if (view.completed !== undefined) search.set('completed', String(view.completed))
  for (const name of view.priority ?? []) search.append('priority', name)
  if (view.sort) search.set('sort', `${view.sort.isDescending ? '-' : ''}${view.sort.by}`)
  return search.size > 0 ? `/tasks?${search}` : '/tasks'
}
