import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { priorities, type Task, type TaskChanges } from '@taskwell/api'
import type { Clock } from './clock.ts'
import { DueFields } from './due-fields.tsx'
import { Notes } from './notes.tsx'
import { TaskHistory } from './task-history.tsx'

interface Draft {
  readonly title: string
  readonly description: string
  readonly priority: Task['priority']
  readonly dueDate: string
  readonly dueTime: string
  readonly dueTimeZone: string
}

/** A task opened in its place in the list. What was changed is kept when it closes, except by Escape or Cancel. */
export function TaskEditor(props: {
  task: Task
  clock: Clock
  save(task: Task, changes: TaskChanges): void
  close(): void
  complete(task: Task): void
  remove(task: Task): void
}) {
  const { task, clock, save, close } = props
  const [base] = useState(task)
  const [draft, setDraft] = useState(() => draftOf(task))
  const [showsHistory, setShowsHistory] = useState(false)
  const title = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const field = title.current
    field?.focus()
    field?.setSelectionRange(field.value.length, field.value.length)
  }, [])
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }))
  const changes = changesBetween(base, draft)

  // When another task is opened or the screen is left, what was typed is saved rather than lost.
  const leave = useRef(() => {})
  leave.current = () => save(base, changes)
  const isSettled = useRef(false)
  useEffect(
    () => () => {
      if (!isSettled.current) leave.current()
    },
    [],
  )
  const finish = (keep: boolean) => {
    isSettled.current = true
    if (keep) save(base, changes)
    close()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') finish(false)
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || event.target === title.current)) {
      event.preventDefault()
      finish(true)
    }
  }
  return (
    <form
      className="editor"
      aria-label={`Edit ${base.title}`}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        finish(true)
      }}
    >
      <div className="editor-title">
        <input
          type="checkbox"
          className={`check priority-${draft.priority}`}
          checked={task.completed}
          aria-label={`Done: ${task.title}`}
          onChange={() => props.complete(task)}
        />
        <textarea
          ref={title}
          aria-label="Title"
          dir="auto"
          rows={1}
          maxLength={500}
          required
          value={draft.title}
          onChange={(event) => set({ title: event.target.value.replaceAll('\n', ' ') })}
        />
      </div>
      <Notes value={draft.description} change={(description) => set({ description })} />
      <fieldset className="priorities">
        <legend>Priority</legend>
        {priorities.map((name) => (
          <label key={name} className={`choice priority-${name}`}>
            <input
              type="radio"
              name="priority"
              checked={draft.priority === name}
              onChange={() => set({ priority: name })}
            />
            {name.charAt(0).toUpperCase() + name.slice(1)}
          </label>
        ))}
      </fieldset>
      <DueFields due={draft} clock={clock} change={set} />
      <div className="editor-actions">
        <button className="button primary" type="submit">
          Save
        </button>
        <button className="button" type="button" onClick={() => finish(false)}>
          Cancel
        </button>
        <span className="spacer" />
        <button
          className="button quiet-button"
          type="button"
          aria-expanded={showsHistory}
          onClick={() => setShowsHistory(!showsHistory)}
        >
          History
        </button>
        <button
          className="button quiet-button danger-text"
          type="button"
          onClick={() => {
            isSettled.current = true
            props.remove(task)
            close()
          }}
        >
          Delete
        </button>
      </div>
      {showsHistory && <TaskHistory id={task.id} version={task.version} />}
    </form>
  )
}

function draftOf(task: Task): Draft {
  return {
    title: task.title,
    description: task.description ?? '',
    priority: task.priority,
    dueDate: task.dueDate ?? '',
    dueTime: task.dueTime ?? '',
    dueTimeZone: task.dueTimeZone ?? '',
  }
}

/** Only what the user changed, so that what another device changed meanwhile stays. */
function changesBetween(task: Task, draft: Draft): TaskChanges {
  const before = draftOf(task)
  const title = draft.title.trim()
  return {
    ...(title !== '' && title !== before.title && { title }),
    ...(draft.description !== before.description && { description: draft.description || null }),
    ...(draft.priority !== before.priority && { priority: draft.priority }),
    ...(draft.dueDate !== before.dueDate && { dueDate: draft.dueDate || null }),
    ...(draft.dueTime !== before.dueTime && { dueTime: draft.dueTime || null }),
    ...(draft.dueTimeZone !== before.dueTimeZone && { dueTimeZone: draft.dueTimeZone || null }),
  }
}
