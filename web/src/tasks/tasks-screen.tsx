import { type KeyboardEvent, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { Task, TaskChanges } from '@taskwell/api'
import { navigate, useAddress } from '../navigation.tsx'
import { QuickAdd } from '../quick-add/quick-add.tsx'
import { useSnapshot, useSync, useUser } from '../session/hooks.ts'
import { lazyPart } from '../ui/lazy-part.tsx'
import { useClock } from '../ui/use-now.ts'
import { useTitle } from '../ui/use-title.ts'
import { actionsOf } from './actions.ts'
import { EmptyList } from './empty-list.tsx'
import { Filters } from './filters.tsx'
import { noteOfflineTexts } from './offline-texts.ts'
import { rowKeys } from './row-keys.ts'
import { prepareSearch } from './search.ts'
import { arrangeTasks, filterTasks, groupTasks, type Line, sortTasks } from './task-list.ts'
import { TaskLines } from './task-lines.tsx'
import { useOpenGroups } from './use-open-groups.ts'
import { useQuery } from './use-query.ts'
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
  const { id: userId, timeZone } = useUser()
  const clock = useClock(timeZone)
  const address = useAddress().search
  const written = useMemo(() => readView(new URLSearchParams(address)), [address])
  const [query, setQuery] = useQuery(written.q)
  const deferredQuery = useDeferredValue(query)
  const view = useMemo(() => ({ ...written, q: deferredQuery }), [written, deferredQuery])
  const arrangement = useMemo(() => arrangeTasks(tasks.values(), clock), [tasks, clock])
  const { sort } = written
  const ordered = useMemo(
    () => (sort ? sortTasks(arrangement.tasks, sort) : arrangement.tasks),
    [arrangement, sort?.by, sort?.isDescending],
  )
  const found = useMemo(() => filterTasks(ordered, view, clock), [ordered, view, clock])
  const isDoneWanted = view.completed === true || view.q !== ''
  const [isOpen, toggleGroup] = useOpenGroups(isDoneWanted)
  const lines = useMemo((): Line[] => {
    return sort ? found.map((task) => ({ kind: 'task', task })) : groupTasks(found, arrangement, isOpen)
  }, [found, sort, arrangement, isOpen])
  const [openId, setOpenId] = useState<string>()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(() => found.filter(({ id }) => selected.has(id)), [found, selected])

  // The rows are drawn anew only for their own task, so what they call must stay the same.
  const latest = useRef({ lines, selected, clock, anchor: '' })
  latest.current = { ...latest.current, lines, selected, clock }
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
      toggleGroup,
      press: (event: KeyboardEvent, task: Task) => {
        const many = latest.current.selected
        const targets = many.has(task.id)
          ? latest.current.lines.flatMap((line) => (line.kind === 'task' && many.has(line.task.id) ? [line.task] : []))
          : [task]
        const run = rowKeys[event.key]
        if (event.ctrlKey || event.metaKey || !run) return
        event.preventDefault()
        const { clock } = latest.current
        run(
          { task, targets },
          { actions, clock, open: setOpenId, select, clearSelection: () => setSelected(new Set()) },
        )
      },
    }),
    [actions, select, toggleGroup],
  )
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
        prepare={() => prepareSearch(tasks.values())}
        change={(changes) => navigate(viewAddress({ ...written, q: query, ...changes }))}
      />
      <p className="visually-hidden" role="status">
        {query === '' ? '' : `${found.length.toLocaleString()} ${found.length === 1 ? 'task' : 'tasks'} found`}
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
              save={save}
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
          clear={() => {
            setSelected(new Set())
            focusActiveRow()
          }}
        />
      )}
    </div>
  )

  function save(task: Task, changes: TaskChanges): void {
    if (status !== 'live' || !navigator.onLine) noteOfflineTexts(userId, task, changes)
    actions.change(task, changes)
  }

  function closeEditor(id: string): void {
    setOpenId((open) => (open === id ? undefined : open))
    focusActiveRow()
  }
}

/** What had the focus goes away in the next frame; somebody without a mouse goes on in the list. */
function focusActiveRow(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('.lines [data-active]')?.focus({ preventScroll: true }),
  )
}
