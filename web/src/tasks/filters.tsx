import { priorities, type Priority, taskSorts } from '@taskwell/api'
import type { Due } from './due.ts'
import type { TaskView } from './task-list.ts'

const dues: Readonly<Record<Due, string>> = {
  overdue: 'Overdue',
  today: 'Today',
  week: 'Next 7 days',
  upcoming: 'Upcoming',
  any: 'With a date',
  none: 'Without a date',
}

const sorts: Readonly<Record<string, string>> = {
  dueDate: 'Due date',
  priority: 'Priority',
  title: 'Title',
  '-createdAt': 'Newest',
  createdAt: 'Oldest',
  '-updatedAt': 'Last changed',
  '-completedAt': 'Last completed',
}

/** Search, filters and order; all of it is in the address, so that a view can be kept as a bookmark. */
export function Filters(props: {
  view: TaskView
  query: string
  search(query: string): void
  /** Before the first letter. */
  prepare(): void
  change(view: Partial<TaskView>): void
}) {
  const { view, change } = props
  const sort = view.sort && `${view.sort.isDescending ? '-' : ''}${view.sort.by}`
  const isFiltered = view.due !== undefined || view.completed !== undefined || view.priority.length > 0 || view.sort
  return (
    <search className="filters">
      <input
        id="search"
        type="search"
        aria-label="Search tasks"
        placeholder="Search"
        autoComplete="off"
        maxLength={200}
        dir="auto"
        value={props.query}
        onFocus={props.prepare}
        onChange={(event) => props.search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            props.search('')
            event.currentTarget.blur()
          }
        }}
      />
      <div className="filter-choices">
        <select
          aria-label="Due"
          className={view.due ? 'is-set' : ''}
          value={view.due ?? ''}
          onChange={({ target }) => change({ due: (Object.keys(dues) as Due[]).find((due) => due === target.value) })}
        >
          <option value="">Any due date</option>
          {Object.entries(dues).map(([due, name]) => (
            <option key={due} value={due}>
              {name}
            </option>
          ))}
        </select>
        <select
          aria-label="State"
          className={view.completed === undefined ? '' : 'is-set'}
          value={String(view.completed ?? '')}
          onChange={({ target }) => change({ completed: target.value === '' ? undefined : target.value === 'true' })}
        >
          <option value="">Open and done</option>
          <option value="false">Open</option>
          <option value="true">Done</option>
        </select>
        <select
          aria-label="Priority"
          className={view.priority.length > 0 ? 'is-set' : ''}
          value={view.priority.join(' ')}
          onChange={({ target }) => change({ priority: priorities.filter((name) => target.value.includes(name)) })}
        >
          {priorityChoices(view.priority).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        <select
          aria-label="Order"
          className={sort ? 'is-set' : ''}
          value={sort ?? ''}
          onChange={({ target }) => {
            const by = taskSorts.find((name) => name === target.value.replace(/^-/, ''))
            change({ sort: by && { by, isDescending: target.value.startsWith('-') } })
          }}
        >
          <option value="">Grouped by day</option>
          {Object.entries(sort && !sorts[sort] ? { ...sorts, [sort]: sort } : sorts).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        {isFiltered && (
          <button
            type="button"
            className="button small"
            onClick={(event) => {
              // The button goes away: the focus stays among the filters.
              event.currentTarget.parentElement?.querySelector('select')?.focus()
              change({ due: undefined, completed: undefined, priority: [], sort: undefined })
            }}
          >
            Clear
          </button>
        )}
      </div>
    </search>
  )
}

/** The usual choices, and the present one where the address has another. */
function priorityChoices(present: readonly Priority[]): [string, string][] {
  const choices: [string, string][] = [
    ['', 'Any priority'],
    ['high', 'High'],
    ['high medium', 'High and medium'],
    ['medium', 'Medium'],
    ['low', 'Low'],
  ]
  const value = present.join(' ')
  return choices.some(([choice]) => choice === value) ? choices : [...choices, [value, present.join(' and ')]]
}
