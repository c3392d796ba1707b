import type { Calls } from '../calls.ts'
import { TaskwellError } from '../calls.ts'
import type { StorageStep } from './storage.ts'

/** Makes sure that the copy and the waiting writes of one user never meet the session of another one. */
export interface UserCheck {
  /** Begins with whose they are, where that is known. */
  load(owner: string | null): void
  /** Whether it is known to be the same user still. */
  isKnown(): boolean
  /** @throws like a call; also when somebody else is signed in, as if nobody was */
  check(): Promise<void>
}

export function createUserCheck(options: {
  readonly calls: Calls
  token(): string | undefined
  keep(step: StorageStep): Promise<void>
}): UserCheck {
  let owner: string | null = null
  let isKnown = false
  return {
    load: (kept) => void (owner = kept),
    // A token says by itself whose it is; a browser's cookie changes when somebody signs in in another tab.
    isKnown: () => isKnown || options.token() !== undefined,
    check: async () => {
      isKnown = false
      if (options.token() !== undefined) return
      const { body } = await options.calls.getSession()
      if (owner !== null && owner !== body.user.id) throw somebodyElse()
      if (owner === null) void options.keep({ owner: body.user.id })
      owner = body.user.id
      isKnown = true
    },
  }
}

function somebodyElse(): TaskwellError {
  const title = 'Somebody else is signed in'
  const problem = { type: 'about:blank', title, status: 401, code: 'unauthenticated', requestId: '' }
  return new TaskwellError(problem, new Headers())
}
