import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { priorities, type Task, type TaskChanges } from '@taskwell/api'
import { useUnsaved } from '../ui/use-unsaved.ts'
import type { Clock } from './clock.ts'
import {
  changesBetween,
  conflictsOf,
  type Draft,
  draftOf,
  follow,
  isTooLong,
  joinConflicts,
  settle,
  type TextField,
} from './draft.ts'
import { DueFields } from './due-fields.tsx'
import { Notes } from './notes.tsx'
import { TaskHistory } from './task-history.tsx'
import { TextConflict } from './text-conflict.tsx'
import { TooLong } from './too-long.tsx'

/**
 * A task opened in its place in the list. What was changed is kept when it closes, except by Escape or Cancel. What
 * comes from elsewhere meanwhile shows; where it is in the way of what was typed, the user chooses.
 */
export function TaskEditor(props: {
  task: Task
  clock: Clock
  save(task: Task, changes: TaskChanges): void
  close(): void
  complete(task: Task): void
  remove(task: Task): void
}) {
  const { task, clock, save, close } = props
  const present = draftOf(task)
  const [begun, setEdit] = useState(() => ({ base: present, draft: present }))
  const edit = follow(begun, present)
  const { draft } = edit
  const conflicts = conflictsOf(edit, present)
  const [showsHistory, setShowsHistory] = useState(false)
  const [mustChoose, setMustChoose] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const title = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const field = title.current
    field?.focus()
    field?.setSelectionRange(field.value.length, field.value.length)
    // The list measures it in the first frame, and has made room for it in the second.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => form.current?.scrollIntoView({ block: 'nearest' }))
    })
    return () => cancelAnimationFrame(frame)
  }, [])
  const set = (changes: Partial<Draft>) =>
    setEdit((before) => {
      const now = follow(before, present)
      return { ...now, draft: { ...now.draft, ...changes } }
    })

  // When another task is opened or the screen is left, what was typed is saved rather than lost.
  const leave = useRef(() => {})
  const unsaved = changesBetween(joinConflicts(edit, present), present)
  leave.current = () => save(task, unsaved)
  useUnsaved(Object.keys(unsaved).length > 0)
  const isSettled = useRef(false)
  useEffect(
    () => () => {
      if (!isSettled.current) leave.current()
    },
    [],
  )
  const finish = (keep: boolean) => {
    const question = form.current?.querySelector<HTMLElement>('.conflict button')
    if (keep && question) {
      setMustChoose(true)
      return question.focus()
    }
    if (keep && isTooLong('title', draft.title)) return title.current?.focus()
    if (keep && isTooLong('description', draft.description))
      return form.current?.querySelector<HTMLElement>('.notes-input')?.focus()
    isSettled.current = true
    if (keep) save(task, changesBetween(edit, present))
    close()
  }
  const conflict = (field: TextField) =>
    conflicts.includes(field) && (
      <TextConflict
        field={field}
        theirs={present[field]}
        own={draft[field]}
        choose={(text) => setEdit(settle(edit, present, field, text))}
      >
        {field === 'title' ? 'The title was' : 'The notes were'} changed elsewhere while you were writing:
      </TextConflict>
    )
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
      ref={form}
      className="editor"
      aria-label={`Edit ${task.title}`}
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
          aria-invalid={isTooLong('title', draft.title)}
          required
          value={draft.title}
          onChange={(event) => set({ title: event.target.value.replaceAll('\n', ' ') })}
        />
      </div>
      <TooLong field="title" text={draft.title} />
      {conflict('title')}
      <Notes value={draft.description} change={(description) => set({ description })} />
      <TooLong field="description" text={draft.description} />
      {conflict('description')}
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
      {mustChoose && conflicts.length > 0 && (
        <p className="form-error" role="alert">
          Not saved yet: choose between the two texts above first.
        </p>
      )}
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
