import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import type { Task } from '@taskwell/api'
import type { Clock } from './clock.ts'
import type { Group, Line } from './task-list.ts'
import { type RowCommands, TaskRow } from './task-row.tsx'

const groupNames: Readonly<Record<Group, string>> = {
  overdue: 'Overdue',
  today: 'Today',
  week: 'Next 7 days',
  later: 'Later',
  none: 'No date',
  done: 'Done',
}

export interface LinesProps {
  readonly label: string
  readonly lines: readonly Line[]
  readonly clock: Clock
  readonly selected: ReadonlySet<string>
  readonly openId: string | undefined
  readonly commands: RowCommands & {
    toggleGroup(group: Group): void
    /** A key that the list does not need for itself. */
    press(event: KeyboardEvent, task: Task): void
  }
  /** Draws the open task. */
  editor(task: Task): ReactNode
}

/** The list, of which only what can be seen is drawn. Arrow keys move the active row. */
export function TaskLines(props: LinesProps) {
  const { lines, clock, selected, openId, commands } = props
  const list = useRef<HTMLUListElement>(null)
  const [activeKey, setActiveKey] = useState<string>()
  const activeIndex = useActiveIndex(lines, activeKey, setActiveKey)
  const openIndex = lines.findIndex((line) => line.kind === 'task' && line.task.id === openId)
  const pinned = [activeIndex, openIndex].filter((index) => index >= 0)
  const margin = useOffsetTop(list)
  const virtualizer = useWindowVirtualizer({
    count: lines.length,
    estimateSize: (index) => (lines[index]?.kind === 'group' ? 48 : 53),
    overscan: 8,
    scrollMargin: margin,
    scrollPaddingStart: 80,
    scrollPaddingEnd: 96,
    getItemKey: (index) => keyOf(lines[index]),
    // The active and the open row stay, so that neither focus nor half-typed words are lost by scrolling.
    rangeExtractor: (range: Range) =>
      [...new Set([...defaultRangeExtractor(range), ...pinned])].toSorted((a, b) => a - b),
  })
  const wantsFocus = useRef(false)
  useLayoutEffect(() => {
    if (!wantsFocus.current) return
    const row = list.current?.querySelector<HTMLElement>('[data-active]')
    if (!row) return
    wantsFocus.current = false
    row.focus({ preventScroll: true })
  })
  const moveTo = useCallback(
    (index: number) => {
      const line = lines[Math.max(0, Math.min(index, lines.length - 1))]
      if (!line) return
      wantsFocus.current = true
      setActiveKey(keyOf(line))
      virtualizer.scrollToIndex(Math.max(0, Math.min(index, lines.length - 1)))
    },
    [lines, virtualizer],
  )
  const onKeyDown = (event: KeyboardEvent<HTMLElement>, line: Line, index: number) => {
    if (event.target !== event.currentTarget || event.altKey) return
    const target = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, Home: 0, End: lines.length }
    const next = target[event.key as keyof typeof target]
    if (next !== undefined && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      if (next < 0) document.getElementById('quick-add')?.focus()
      else moveTo(next)
    } else if (line.kind === 'group') {
      if (event.key !== ' ' && event.key !== 'Enter') return
      event.preventDefault()
      commands.toggleGroup(line.group)
    } else {
      // What is done to a task may take it away: the focus goes on to the next.
      const leaves = [' ', 'Delete', 'Backspace', '#'].includes(event.key)
      const neighbour = lines[index + 1]?.kind === 'task' ? lines[index + 1] : (lines[index - 1] ?? lines[index + 1])
      commands.press(event, line.task)
      if (leaves && event.defaultPrevented && neighbour) {
        wantsFocus.current = true
        setActiveKey(keyOf(neighbour))
      }
    }
  }
  return (
    <ul
      ref={list}
      className={selected.size > 0 ? 'lines is-selecting' : 'lines'}
      aria-label={props.label}
      style={{ height: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map(({ index, start, key }) => {
        const line = lines[index]
        if (!line) return null
        const isActive = index === activeIndex
        const isOpen = index === openIndex
        const isJoined = (neighbour: number) => lines[neighbour]?.kind === 'task' && neighbour !== openIndex
        const edges = `${isJoined(index - 1) ? '' : ' is-first'}${isJoined(index + 1) ? '' : ' is-last'}`
        return (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            data-active={isActive || undefined}
            className={`line${isOpen ? ' is-open' : edges}`}
            style={{ insetBlockStart: start - margin }}
            tabIndex={isOpen ? undefined : isActive ? 0 : -1}
            aria-label={line.kind === 'task' ? line.task.title : undefined}
            onFocus={() => setActiveKey(keyOf(line))}
            onKeyDown={(event) => onKeyDown(event, line, index)}
          >
            {line.kind === 'group' ? (
              <GroupHeading line={line} isActive={isActive} toggle={() => commands.toggleGroup(line.group)} />
            ) : isOpen ? (
              props.editor(line.task)
            ) : (
              <TaskRow
                task={line.task}
                clock={clock}
                isActive={isActive}
                isSelected={selected.has(line.task.id)}
                commands={commands}
              />
            )}
          </li>
        )
      })}
    </ul>
  )
}

function GroupHeading(props: { line: Extract<Line, { kind: 'group' }>; isActive: boolean; toggle(): void }) {
  const { group, count, isOpen } = props.line
  return (
    <h2 className={`group group-${group}`}>
      <button type="button" aria-expanded={isOpen} tabIndex={props.isActive ? 0 : -1} onClick={props.toggle}>
        <span className="group-arrow" aria-hidden="true" />
        {groupNames[group]} <span className="count">{count.toLocaleString()}</span>
      </button>
    </h2>
  )
}

/** Where the active row is now; when it has gone, whatever has come to its place. */
function useActiveIndex(lines: readonly Line[], key: string | undefined, setKey: (key: string) => void): number {
  const last = useRef(0)
  const found = lines.findIndex((line) => keyOf(line) === key)
  const firstTask = lines.findIndex(({ kind }) => kind === 'task')
  const index = found >= 0 ? found : key === undefined ? firstTask : Math.min(last.current, lines.length - 1)
  useEffect(() => {
    last.current = index
    if (found < 0 && key !== undefined && lines[index]) setKey(keyOf(lines[index]))
  })
  return index
}

/** How far down the page the list begins, also after something above it has grown. */
function useOffsetTop(element: { readonly current: HTMLElement | null }): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => setTop((element.current?.getBoundingClientRect().top ?? 0) + scrollY)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    for (const sibling of element.current?.parentElement?.children ?? []) {
      if (sibling !== element.current) observer.observe(sibling)
    }
    return () => observer.disconnect()
  }, [element])
  return top
}

function keyOf(line: Line | undefined): string {
  return line?.kind === 'task' ? line.task.id : (line?.group ?? '')
}
