import { Component, type ReactNode } from 'react'
import { EntryScreen } from '../account/entry-screen.tsx'
import { BinScreen } from '../bin/bin-screen.tsx'
import { DashboardScreen } from '../dashboard/dashboard-screen.tsx'
import { useAddress } from '../navigation.tsx'
import { SignedIn, useSession } from '../session/hooks.ts'
import { askServer } from '../session/session.ts'
import { TasksScreen } from '../tasks/tasks-screen.tsx'
import { lazyPart } from '../ui/lazy-part.tsx'
import { Layout } from './layout.tsx'

const SettingsScreen = lazyPart(async () => (await import('../account/settings-screen.tsx')).SettingsScreen)

export function App() {
  return (
    <Fallback>
      <Screens />
    </Fallback>
  )
}

function Screens() {
  const session = useSession()
  const { pathname } = useAddress()
  if (session.kind === 'starting') return <Starting pathname={pathname} />
  if (session.kind === 'unreachable') {
    return (
      <main className="entry">
        <h1>Taskwell cannot be reached</h1>
        <p>The server does not answer. Check the connection; the app goes on when it is back.</p>
        <button type="button" className="button primary" onClick={() => void askServer()}>
          Try again
        </button>
      </main>
    )
  }
  if (session.kind === 'signed out') return <EntryScreen pathname={pathname} ended={session.ended} />
  return (
    <SignedIn value={session}>
      <Layout key={session.user.id}>
        <Screen pathname={pathname} />
      </Layout>
    </SignedIn>
  )
}

const headings: Readonly<Record<string, string>> = { '/dashboard': 'Dashboard', '/bin': 'Bin', '/settings': 'Settings' }

/** As the page is before the script has come, and what can be said of the screen until it is known whose it is. */
function Starting({ pathname }: { pathname: string }) {
  const heading = headings[pathname]
  return (
    <div className="layout">
      <header className="top">
        <span className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" /> Taskwell
        </span>
      </header>
      <main id="main" aria-busy="true">
        <div className={`screen${pathname === '/dashboard' ? ' dashboard' : ''}`}>{heading && <h1>{heading}</h1>}</div>
      </main>
    </div>
  )
}

function Screen({ pathname }: { pathname: string }) {
  switch (pathname) {
    case '/bin':
      return <BinScreen />
    case '/dashboard':
      return <DashboardScreen />
    case '/settings':
      return <SettingsScreen />
    default:
      return <TasksScreen />
  }
}

/** A fault of ours must not leave an empty page. What was typed is in the local copy. */
class Fallback extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return (
      <main className="entry">
        <h1>Something went wrong</h1>
        <p>Your tasks are safe. Reload the page to go on.</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Reload
        </button>
      </main>
    )
  }
}
