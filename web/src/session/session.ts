import type { User } from '@taskwell/api'
import { isEntry, leaveEntry } from '../account/leave-entry.ts'
import { callNative, hasCode, server } from '../server.ts'
import { type LocalCopy, openLocalCopy, removeLocalCopies } from './local-copy.ts'
import { isLogoutDue, onOtherUser, recallUser, rememberUser, setLogoutDue } from './remembered-user.ts'

export type Session =
  | { readonly kind: 'starting' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed out'; readonly ended?: EndedSession }
  | { readonly kind: 'signed in'; readonly user: User; readonly copy: LocalCopy }

/** Why nobody is signed in any more, though nobody has signed out. */
export type EndedSession =
  | { readonly cause: 'elsewhere'; readonly email: string; readonly waiting: number }
  | { readonly cause: 'deleted' }

/** In milliseconds, until a server that did not answer is asked again. */
const pause = 3_000

let session: Session = { kind: 'starting' }
let nextQuestion: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

export function getSession(): Session {
  return session
}

export function subscribeToSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Shows the copy of the last user or the form that was asked for at once, and asks the server meanwhile who is signed in. */
export async function startSession(): Promise<void> {
  onOtherUser((user) => void followOtherTab(user))
  addEventListener('online', () => void askServer())
  const remembered = isLogoutDue() ? undefined : recallUser()
  if (remembered) await enter(remembered)
  else if (isEntry(location.pathname)) showEntry()
  await askServer()
}

/** Asks who is signed in, and shows that. */
export async function askServer(): Promise<void> {
  try {
    if (isLogoutDue()) {
      await server.logout()
      setLogoutDue(false)
    }
    // Asking who it is where nobody is remembered is no error, unlike asking for a session that has ended.
    if (session.kind !== 'signed in' && !(await isAnybodySignedIn())) return showEntry()
    const { body } = await server.getSession()
    await enter(body.user)
    leaveEntry()
  } catch (error) {
    if (hasCode(error, 'unauthenticated')) {
      if (session.kind === 'signed in') await endSession()
      else showEntry()
    } else if (session.kind === 'starting' || session.kind === 'unreachable') {
      change({ kind: 'unreachable' })
      clearTimeout(nextQuestion)
      nextQuestion = setTimeout(() => void (session.kind === 'unreachable' && askServer()), pause)
    }
  }
}

async function isAnybodySignedIn(): Promise<boolean> {
  return 'user' in (await callNative('/get-session'))
}

function showEntry(): void {
  if (session.kind !== 'signed out') change({ kind: 'signed out' })
}

/** Takes over the user whom the server has just signed in. */
export async function enter(user: User): Promise<void> {
  if (session.kind === 'signed in' && session.user.id === user.id) return updateUser(user)
  if (session.kind === 'signed in') await session.copy.close()
  rememberUser(user)
  const copy = await openLocalCopy(user.id)
  change({ kind: 'signed in', user, copy })
  const stop = copy.sync.subscribe(() => {
    if (session.kind !== 'signed in' || session.copy !== copy) return stop()
    const { status, account } = copy.sync.getSnapshot()
    if (status === 'signed out') void endSession()
    else if (account && account !== session.user) updateUser(account)
  })
}

export function updateUser(user: User): void {
  if (session.kind !== 'signed in') return
  if (JSON.stringify(user) === JSON.stringify(session.user)) return
  rememberUser(user)
  change({ ...session, user })
}

/** Signs out and removes what this browser holds of the account. Without the server, the rest is done when it is back. */
export async function signOut(): Promise<void> {
  if (session.kind !== 'signed in') return
  const { user, copy } = session
  rememberUser(undefined)
  change({ kind: 'signed out' })
  setLogoutDue(true)
  await copy.close()
  await removeLocalCopies(user.id)
  try {
    await server.logout()
    setLogoutDue(false)
  } catch {
    // Still due: `askServer` tries again.
  }
}

/** Erases the account and what this browser holds of it. That its session has ended may be heard before the reply. */
export async function deleteAccount(password: string): Promise<void> {
  if (session.kind !== 'signed in') return
  const { user, copy } = session
  await server.deleteAccount({ body: { password } })
  if (session.kind !== 'signed in' || session.user.id === user.id) {
    rememberUser(undefined)
    change({ kind: 'signed out', ended: { cause: 'deleted' } })
  }
  await copy.close()
  await removeLocalCopies(user.id)
}

/** The session ended elsewhere: nothing is shown any more, and what was not sent waits for the same user. */
async function endSession(): Promise<void> {
  if (session.kind !== 'signed in') return
  const { user, copy } = session
  const waiting = copy.sync.getSnapshot().pending
  rememberUser(undefined)
  change({ kind: 'signed out', ended: { cause: 'elsewhere', email: user.email, waiting } })
  await copy.close()
  if (waiting === 0) await removeLocalCopies(user.id)
}

async function followOtherTab(user: User | undefined): Promise<void> {
  if (user) {
    if (session.kind !== 'signed in' || session.user.id !== user.id) location.reload()
    else updateUser(user)
  } else if (session.kind === 'signed in') {
    const { copy } = session
    change({ kind: 'signed out' })
    await copy.close()
  }
}

function change(next: Session): void {
  session = next
  for (const listener of listeners) listener()
}
