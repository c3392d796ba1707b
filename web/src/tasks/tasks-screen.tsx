import { type KeyboardEvent, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { Task } from '@taskwell/api'
import { navigate, useAddress } from '../navigation.tsx'
import { QuickAdd } from '../quick-add/quick-add.tsx'
import { useSnapshot, useSync, useUser } from '../session/hooks.ts'
import { lazyPart } from '../ui/lazy-part.tsx'
import { useClock } from '../ui/use-now.ts'
import { useTitle } from '../ui/use-title.ts'
import { actionsOf } from './actions.ts'
import { addDays } from './clock.ts'
import { EmptyList } from './empty-list.tsx'
import { Filters } from './filters.tsx'
import { filterTasks, type Group, groupTasks, type Line, sortTasks } from './task-list.ts'
import { TaskLines } from './task-lines.tsx'
import { readView, viewAddress } from './view-address.ts'

const TaskEditor = lazyPart(async () => (await import('./task-editor.tsx')).TaskEditor)
const BulkBar = lazyPart(async () => (await import('./bulk-bar.tsx')).BulkBar)
/** After the first screen, in milliseconds. */
const preloadingDelay = 300

/** The list of tasks: add, search, filter, and everything that is done to one or many. */
export function TasksScreen() {
  useTitle('Tasks')
  const actions = actionsOf(useSync())
  const { tasks, status, revision } = useSnapshot()
  const clock = useClock(useUser().timeZone)
  const address = useAddress().search
  const written = useMemo(() => readView(new URLSearchParams(address)), [address])
  const [query, setQuery] = useQuery(written.q)
  const deferredQuery = useDeferredValue(query)
  const view = useMemo(() => ({ ...written, q: deferredQuery }), [written, deferredQuery])
  const found = useMemo(() => filterTasks(tasks.values(), view, clock), [tasks, view, clock])
  const [closed, setClosed] = useState<ReadonlySet<Group>>(new Set(['done']))
  const isDoneWanted = view.completed === true || view.q !== ''
  const lines = useMemo((): Line[] => {
    if (view.sort) return sortTasks(found, view.sort).map((task) => ({ kind: 'task', task }))
    return groupTasks(found, clock, (group) => isDoneWanted || !closed.has(group))
  }, [found, view.sort, clock, closed, isDoneWanted])
  const [openId, setOpenId] = useState<string>()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(() => found.filter(({ id }) => selected.has(id)), [found, selected])

  // The rows are drawn anew only for their own task, so what they call must stay the same.
  const latest = useRef({ lines, selected, anchor: '' })
  latest.current = { ...latest.current, lines, selected }
  const select = useCallback((id: string, isRange: boolean) => {
    const { lines, selected, anchor } = latest.current
    const ids = lines.flatMap((line) => (line.kind === 'task' ? [line.task.id] : []))
    const [from, to] = [ids.indexOf(anchor), ids.indexOf(id)].toSorted((a, b) => a - b)
    const next = new Set(selected)
    if (isRange && from !== undefined && from >= 0)
      for (const inside of ids.slice(from, (to ?? from) + 1)) next.add(inside)
    else if (!next.delete(id)) next.add(id)
    latest.current.anchor = id
    setSelected(next)
  }, [])
  const commands = useMemo(
    () => ({
      open: setOpenId,
      complete: (task: Task, completed: boolean) => actions.complete([task], completed),
      select,
      toggleGroup: (group: Group) =>
        setClosed(
          (before) => new Set(before.has(group) ? [...before].filter((name) => name !== group) : [...before, group]),
        ),
      press: (event: KeyboardEvent, task: Task) => {
        const many = latest.current.selected
        const targets = many.has(task.id)
          ? latest.current.lines.flatMap((line) => (line.kind === 'task' && many.has(line.task.id) ? [line.task] : []))
          : [task]
        const run = keysOnTasks(event.key)
        if (event.ctrlKey || event.metaKey || !run) return
        event.preventDefault()
        run({ task, targets })
      },
    }),
    [actions, select],
  )
  function keysOnTasks(key: string): ((on: { task: Task; targets: readonly Task[] }) => void) | undefined {
    const keys: Readonly<Record<string, (on: { task: Task; targets: readonly Task[] }) => void>> = {
      ' ': ({ task, targets }) => actions.complete(targets, !task.completed),
      Enter: ({ task }) => setOpenId(task.id),
      e: ({ task }) => setOpenId(task.id),
      x: ({ task }) => select(task.id, false),
      X: ({ task }) => select(task.id, true),
      Delete: ({ targets }) => actions.remove(targets),
      Backspace: ({ targets }) => actions.remove(targets),
      '#': ({ targets }) => actions.remove(targets),
      '1': ({ targets }) => actions.prioritise(targets, 'high'),
      '2': ({ targets }) => actions.prioritise(targets, 'medium'),
      '3': ({ targets }) => actions.prioritise(targets, 'low'),
      t: ({ targets }) => actions.redate(targets, clock.today),
      w: ({ targets }) => actions.redate(targets, addDays(clock.today, 1)),
      Escape: () => setSelected(new Set()),
    }
    return keys[key]
  }
  useEffect(() => {
    const timer = setTimeout(() => {
      TaskEditor.preload()
      BulkBar.preload()
    }, preloadingDelay)
    return () => clearTimeout(timer)
  }, [])
  const hasCopy = revision > 0 || tasks.size > 0 || status === 'live'
  return (
    <div className="screen">
      <h1 className="visually-hidden">Tasks</h1>
      <QuickAdd clock={clock} add={actions.add} />
      <Filters
        view={written}
        query={query}
        search={setQuery}
        change={(changes) => navigate(viewAddress({ ...written, q: query, ...changes }))}
      />
      <p className="visually-hidden" role="status">
        {query === '' ? '' : `${found.length.toLocaleString()} tasks found`}
      </p>
      {lines.length > 0 ? (
        <TaskLines
          label="Tasks"
          lines={lines}
          clock={clock}
          selected={selected}
          openId={openId}
          commands={commands}
          editor={(task) => (
            <TaskEditor
              key={task.id}
              task={task}
              clock={clock}
              save={actions.change}
              close={() => closeEditor(task.id)}
              complete={(task) => actions.complete([task], !task.completed)}
              remove={(task) => actions.remove([task])}
            />
          )}
        />
      ) : (
        <EmptyList hasCopy={hasCopy} status={status} isFiltered={viewAddress(view) !== '/tasks'} />
      )}
      {chosen.length > 0 && (
        <BulkBar
          tasks={chosen}
          all={found.length}
          clock={clock}
          actions={actions}
          selectAll={() => setSelected(new Set(found.map(({ id }) => id)))}
          clear={() => setSelected(new Set())}
        />
      )}
    </div>
  )

  function closeEditor(id: string): void {
    setOpenId((open) => (open === id ? undefined : open))
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('.lines [data-active]')?.focus({ preventScroll: true }),
    )
  }
}

/** What is typed into the search counts at once, and comes to the address when the user pauses. */
function useQuery(written: string): [string, (query: string) => void] {
  const [query, setQuery] = useState(written)
  const typed = useRef(written)
  useEffect(() => {
    // The address changed by a link or by going back.
    if (written !== typed.current) setQuery(written)
    typed.current = written
  }, [written])
  useEffect(() => {
    if (query === typed.current) return undefined
    const timer = setTimeout(() => {
      typed.current = query
      const view = readView(new URLSearchParams(location.search))
      navigate(viewAddress({ ...view, q: query }), { replace: true })
    }, 250)
    return () => clearTimeout(timer)
  }, [query])
  return [query, setQuery]
}
