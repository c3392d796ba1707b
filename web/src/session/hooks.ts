import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Sync, SyncSnapshot, User } from '@taskwell/api'
import { getSession, type Session, subscribeToSession } from './session.ts'
import type { LocalCopy } from './local-copy.ts'

export function useSession(): Session {
  return useSyncExternalStore(subscribeToSession, getSession)
}

/** Who is signed in, for all screens that need it. */
export const SignedIn = createContext<{ readonly user: User; readonly copy: LocalCopy } | undefined>(undefined)

export function useUser(): User {
  return useSignedIn().user
}

export function useCopy(): LocalCopy {
  return useSignedIn().copy
}

export function useSync(): Sync {
  return useCopy().sync
}

/** The tasks and the state of their copy; drawn anew at every change. */
export function useSnapshot(): SyncSnapshot {
  const sync = useSync()
  return useSyncExternalStore(
    (listener) => sync.subscribe(listener),
    () => sync.getSnapshot(),
  )
}

function useSignedIn(): { readonly user: User; readonly copy: LocalCopy } {
  const signedIn = useContext(SignedIn)
  if (!signedIn) throw new Error('This is drawn only while somebody is signed in')
  return signedIn
}
