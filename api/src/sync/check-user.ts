import type { Calls } from '../calls.ts'
import { TaskwellError } from '../calls.ts'
import type { StorageStep } from './storage.ts'

/** Makes sure that the copy and the waiting writes of one user never meet the session of another one. */
export interface UserCheck {
  /** Begins with whose they are, where that is known. */
  load(owner: string | null): void
  /** Whether it is known to be the same user still. */
  isKnown(): boolean
  /** Whether another token is in use than the one that was checked. */
  hasChanged(): boolean
  /** @throws like a call; also when somebody else is signed in, as if nobody was */
  check(): Promise<void>
}

export function createUserCheck(options: {
  readonly calls: Calls
  token(): string | undefined
  keep(step: StorageStep): Promise<void>
}): UserCheck {
  let owner: string | null = null
  /** With what it was found out; a browser's cookie, which has no token, may change in another tab. */
  let checked: { readonly token: string | undefined } | undefined
  return {
    load: (kept) => void (owner = kept),
    isKnown: () => checked !== undefined && checked.token === options.token(),
    hasChanged: () => checked !== undefined && checked.token !== options.token(),
    check: async () => {
      const token = options.token()
      // What a token stands for stays so while the server cannot be asked.
      if (token === undefined || checked?.token !== token) checked = undefined
      const found = await findOwner(options.calls, token)
      if (owner !== null && owner !== found) throw somebodyElse()
      if (owner === null) void options.keep({ owner: found })
      owner = found
      checked = { token }
    },
  }
}

/** Whose the session or token is; a token that may not ask stands for itself. */
async function findOwner(calls: Calls, token: string | undefined): Promise<string> {
  if (!token?.startsWith('tw_')) return (await calls.getSession()).body.user.id
  try {
    return (await calls.getAccount()).body.id
  } catch (error) {
    if (error instanceof TaskwellError && error.problem.code === 'token_scope') return `token ${await digestOf(token)}`
    throw error
  }
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function somebodyElse(): TaskwellError {
  const title = 'Somebody else is signed in'
  const problem = { type: 'about:blank', title, status: 401, code: 'unauthenticated', requestId: '' }
  return new TaskwellError(problem, new Headers())
}
