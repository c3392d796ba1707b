import { useMemo, useRef, useState } from 'react'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import type { Task } from '@taskwell/api'
import { useSnapshot, useSync } from '../session/hooks.ts'
import { actionsOf } from '../tasks/actions.ts'
import { listBin } from '../tasks/task-list.ts'
import { Dialog } from '../ui/dialog.tsx'
import { useTitle } from '../ui/use-title.ts'
import { dateLocale } from '../ui/date-locale.ts'

const moment = new Intl.DateTimeFormat(dateLocale, { dateStyle: 'medium', timeStyle: 'short' })

/** What was deleted: to bring back, or to erase for good. */
export function BinScreen() {
  useTitle('Bin')
  const actions = actionsOf(useSync())
  const { tasks } = useSnapshot()
  const deleted = useMemo(() => listBin(tasks.values()), [tasks])
  const [asked, ask] = useState<Task | 'all'>()
  const confirm = () => {
    if (asked === 'all') actions.emptyBin()
    else if (asked) actions.erase(asked)
    ask(undefined)
  }
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>Bin</h1>
        {deleted.length > 0 && (
          <button type="button" className="button danger-text" onClick={() => ask('all')}>
            Empty the bin
          </button>
        )}
      </div>
      <p className="quiet">Deleted tasks stay here for 30 days and are then erased.</p>
      {deleted.length === 0 ? (
        <div className="empty">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13" />
          </svg>
          <h2>The bin is empty</h2>
          <p>What you delete comes here first, so that you can bring it back.</p>
        </div>
      ) : (
        <BinList tasks={deleted} restore={(task) => actions.restore([task])} erase={ask} />
      )}
      {asked && (
        <Dialog title="Erase for good?" close={() => ask(undefined)}>
          <p dir="auto">
            {asked === 'all'
              ? `${deleted.length === 1 ? 'The task in the bin and its' : `All ${deleted.length.toLocaleString()} tasks in the bin and their`} history will be gone. This cannot be undone.`
              : `“${asked.title}” and its history will be gone. This cannot be undone.`}
          </p>
          <div className="form-actions">
            <button type="button" className="button danger" onClick={confirm}>
              Erase
            </button>
            <button type="button" className="button" onClick={() => ask(undefined)}>
              Keep
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

function BinList(props: { tasks: readonly Task[]; restore(task: Task): void; erase(task: Task): void }) {
  const list = useRef<HTMLUListElement>(null)
  const margin = list.current?.offsetTop ?? 0
  const virtualizer = useWindowVirtualizer({
    count: props.tasks.length,
    estimateSize: () => 61,
    overscan: 8,
    scrollMargin: margin,
    getItemKey: (index) => props.tasks[index]?.id ?? index,
  })
  return (
    <ul ref={list} className="lines" aria-label="Deleted tasks" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(({ index, start, key }) => {
        const task = props.tasks[index]
        if (!task) return null
        return (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            className={`line${index === 0 ? ' is-first' : ''}${index === props.tasks.length - 1 ? ' is-last' : ''}`}
            style={{ transform: `translateY(${start - margin}px)` }}
          >
            <div className="task bin-task">
              <div className="bin-text">
                <span className="task-title" dir="auto">
                  {task.title}
                </span>
                <span className="quiet">deleted {moment.format(Date.parse(task.deletedAt ?? ''))}</span>
              </div>
              <button
                type="button"
                className="button small"
                aria-label={`Restore ${task.title}`}
                onClick={() => props.restore(task)}
              >
                Restore
              </button>
              <button
                type="button"
                className="button small danger-text"
                aria-label={`Erase ${task.title}`}
                onClick={() => props.erase(task)}
              >
                Erase
              </button>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
