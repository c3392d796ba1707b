import { memo } from 'react'
import type { Task } from '@taskwell/api'
import type { Clock } from './clock.ts'
import { isOverdue } from './due.ts'
import { dueLabel } from './due-label.ts'

export interface RowCommands {
  open(id: string): void
  complete(task: Task, completed: boolean): void
  /** `isRange` selects everything from the last one to here. */
  select(id: string, isRange: boolean): void
}

/** A task in the list. Only the active row takes part in the order of the Tab key. */
export const TaskRow = memo(function TaskRow(props: {
  task: Task
  clock: Clock
  isActive: boolean
  isSelected: boolean
  commands: RowCommands
}) {
  const { task, clock, isActive, isSelected, commands } = props
  const tabIndex = isActive ? 0 : -1
  const due = dueLabel(task, clock)
  const notes = task.description?.split('\n').find((line) => line.trim() !== '')
  return (
    <div className={`task${task.completed ? ' is-done' : ''}${isSelected ? ' is-selected' : ''}`}>
      <input
        type="checkbox"
        className={`check priority-${task.priority}`}
        checked={task.completed}
        tabIndex={tabIndex}
        aria-label={`Done: ${task.title}`}
        onChange={() => commands.complete(task, !task.completed)}
      />
      <button
        type="button"
        className="task-open"
        tabIndex={tabIndex}
        aria-expanded={false}
        onClick={(event) =>
          event.shiftKey || event.ctrlKey || event.metaKey
            ? commands.select(task.id, event.shiftKey)
            : commands.open(task.id)
        }
      >
        <span className="task-title" dir="auto">
          {task.title}
        </span>
        {notes !== undefined && (
          <span className="task-notes" dir="auto">
            {notes}
          </span>
        )}
      </button>
      <span className="task-facts">
        {task.priority === 'high' && <span className="mark mark-high">High</span>}
        {task.priority === 'low' && <span className="mark mark-low">Low</span>}
        {due !== undefined && (
          <span className={`due${isOverdue(task, clock) ? ' is-overdue' : ''}`}>
            <span className="visually-hidden">{isOverdue(task, clock) ? 'overdue since' : 'due'} </span>
            {due}
          </span>
        )}
      </span>
      <input
        type="checkbox"
        className="select"
        checked={isSelected}
        tabIndex={tabIndex}
        aria-label={`Select: ${task.title}`}
        onChange={() => {}}
        onClick={(event) => commands.select(task.id, event.shiftKey)}
      />
    </div>
  )
})
