import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { Link, useAddress } from '../navigation.tsx'
import { useCopy, useSnapshot, useSync, useUser } from '../session/hooks.ts'
import { actionsOf } from '../tasks/actions.ts'
import { filterTasks, type TaskView } from '../tasks/task-list.ts'
import { readView, viewAddress } from '../tasks/view-address.ts'
import { clearToasts, Toasts } from '../ui/toasts.tsx'
import { useClock } from '../ui/use-now.ts'
import { KeyHelp, useKeys } from './keys.tsx'
import { OverwrittenTexts } from './overwritten-texts.tsx'
import { Refusals } from './refusals.tsx'
import { SyncState } from './sync-state.tsx'

const screens = [
  { path: '/tasks', name: 'Tasks', icon: 'M5 12l5 5L20 7' },
  { path: '/dashboard', name: 'Dashboard', icon: 'M5 20V11M12 20V4M19 20v-6' },
  { path: '/bin', name: 'Bin', icon: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13' },
  { path: '/settings', name: 'Settings', icon: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5' },
] as const

const views: readonly (readonly [string, Partial<TaskView>])[] = [
  ['Overdue', { due: 'overdue' }],
  ['Today', { due: 'today' }],
  ['Next 7 days', { due: 'week' }],
  ['High priority', { priority: ['high'], completed: false }],
  ['No date', { due: 'none', completed: false }],
  ['Done', { completed: true, sort: { by: 'completedAt', isDescending: true } }],
]

/** What is around every screen: navigation, the state of the copy, messages, keys. */
export function Layout({ children }: { children: ReactNode }) {
  const actions = actionsOf(useSync())
  const [showsKeys, setShowsKeys] = useState(false)
  const commands = useMemo(() => ({ undo: actions.undoLast, help: () => setShowsKeys(true) }), [actions])
  useKeys(commands)
  useEffect(() => clearToasts, [])
  const { pathname } = useAddress()
  const path = pathname === '/' ? '/tasks' : pathname
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    // A new screen begins at its beginning for readers, too.
    if (shown.current !== path && !main.current?.contains(document.activeElement))
      main.current?.focus({ preventScroll: true })
    shown.current = path
  }, [path])
  return (
    <div className="layout">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <Link href="/tasks" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" /> Taskwell
        </Link>
        <SyncState />
      </header>
      <nav className="side" aria-label="Screens">
        <ul>
          {screens.map(({ path: to, name, icon }) => (
            <li key={to}>
              <Link href={to} aria-current={path === to ? 'page' : undefined}>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d={icon} />
                </svg>
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <Views />
        <button type="button" className="keys-button" onClick={() => setShowsKeys(true)}>
          Keys <kbd>?</kbd>
        </button>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <Unlasting />
        <Refusals />
        <OverwrittenTexts />
        {children}
      </main>
      <Toasts />
      {showsKeys && <KeyHelp close={() => setShowsKeys(false)} />}
    </div>
  )
}

function Views() {
  const { tasks } = useSnapshot()
  const clock = useClock(useUser().timeZone)
  const { pathname, search } = useAddress()
  const here = pathname === '/tasks' ? viewAddress(readView(new URLSearchParams(search))) : ''
  const counts = useMemo(() => {
    const all = readView(new URLSearchParams())
    return views.map(([, view]) => filterTasks(tasks.values(), { ...all, ...view }, clock).length)
  }, [tasks, clock])
  return (
    <ul className="views" aria-label="Views">
      {views.map(([name, view], index) => (
        <li key={name}>
          <Link href={viewAddress(view)} aria-current={here === viewAddress(view) ? 'true' : undefined}>
            {name} <span className="count">{(counts[index] ?? 0).toLocaleString()}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

/** A browser that keeps nothing loses what waits when the tab closes: that must be said before it happens. */
function Unlasting() {
  const { isLasting } = useCopy()
  const { status } = useSnapshot()
  if (isLasting || status === 'live') return null
  return (
    <p className="notice" role="status">
      This browser keeps nothing here: leave the tab open until the server can be reached, or what you do now is lost.
    </p>
  )
}
