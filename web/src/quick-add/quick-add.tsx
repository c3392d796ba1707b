import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { NewTask } from '@taskwell/api'
import type { Clock } from '../tasks/clock.ts'
import { isTooLong } from '../tasks/draft.ts'
import { dayLabel, formatTime } from '../tasks/due-label.ts'
import { TooLong } from '../tasks/too-long.tsx'
import { useUnsaved } from '../ui/use-unsaved.ts'
import type { Chip, ParsedLine } from './parse-line.ts'

type Parser = (line: string, clock: Clock, kept: ReadonlySet<string>) => ParsedLine

let parser: Parser | undefined
const loadParser = async (): Promise<void> => {
  const [{ parseLine }, { loadReaders }] = await Promise.all([import('./parse-line.ts'), import('./readers.ts')])
  const readers = await loadReaders(navigator.languages)
  parser ??= (line, { timeZone }, kept) => parseLine(line, { timeZone, now: Date.now(), kept, readers })
}

/** One line makes a task: what is understood of it shows as chips, which can be taken out before saving. */
export function QuickAdd({ clock, add }: { clock: Clock; add(task: NewTask): void }) {
  const [line, setLine] = useState('')
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set())
  const [isReady, setReady] = useState(parser !== undefined)
  const input = useRef<HTMLInputElement>(null)
  useUnsaved(line.trim() !== '')
  const parsed = useMemo(
    () => (isReady && line.trim() !== '' ? parser?.(line, clock, kept) : undefined),
    [line, kept, clock, isReady],
  )
  useEffect(() => {
    // After the first screen, so that it does not wait for the parser of dates.
    const timer = setTimeout(
      () =>
        void loadParser().then(
          () => setReady(true),
          () => {},
        ),
      300,
    )
    return () => clearTimeout(timer)
  }, [])
  const title = parsed?.task.title ?? line
  const tooLong = isTooLong('title', title)
  const save = async () => {
    if (line.trim() === '' || tooLong) return
    setLine('')
    setKept(new Set())
    if (!parser) await loadParser().catch(() => {})
    add(parser?.(line, clock, kept).task ?? { title: line.trim() })
  }
  const keep = (chip: Chip) => {
    setKept(new Set([...kept, chip.text]))
    input.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      if (line === '') input.current?.blur()
      setLine('')
      setKept(new Set())
    }
  }
  return (
    <form
      className="quick-add"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className="quick-add-line">
        <span className="quick-add-plus" aria-hidden="true">
          +
        </span>
        <input
          ref={input}
          id="quick-add"
          aria-label="Add a task"
          aria-describedby="quick-add-hint"
          placeholder="Add a task: pay rent tomorrow 9:00 !high"
          autoComplete="off"
          enterKeyHint="done"
          aria-invalid={tooLong}
          dir="auto"
          value={line}
          onChange={(event) => setLine(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button className="button primary" type="submit" aria-disabled={line.trim() === '' || tooLong}>
          Add
        </button>
      </div>
      <p className="visually-hidden" id="quick-add-hint">
        A day, a time and !high, !medium or !low in the line are understood.
      </p>
      <TooLong field="title" text={title} />
      {parsed && parsed.chips.length > 0 && (
        <ul className="chips" aria-label="Understood">
          {parsed.chips.map((chip) => (
            <li className={`chip chip-${chip.kind}`} key={chip.kind}>
              {chipLabel(chip, parsed.task, clock)}
              <button type="button" aria-label={`Keep “${chip.text}” in the title`} onClick={() => keep(chip)}>
                <span aria-hidden="true">✕</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

function chipLabel(chip: Chip, task: NewTask, clock: Clock): string {
  if (chip.kind === 'priority') return priorityLabel(task.priority)
  const day = dayLabel(task.dueDate ?? clock.today, clock.today)
  return task.dueTime ? `${day}, ${formatTime(task.dueTime)}` : day
}

function priorityLabel(priority = 'medium'): string {
  return `${priority.charAt(0).toUpperCase() + priority.slice(1)} priority`
}
