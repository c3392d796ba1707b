import type { AccountEventKind } from '@taskwell/api'
import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware, isAPIError } from 'better-auth/api'
import { type FailedSignIn, type Origin, recordEvent } from '../account-events/index.ts'
import type { Database } from '../database/open.ts'
import { isRequest, originOfRequest } from './auth-request.ts'
import { endSurplusSessions } from './end-surplus-sessions.ts'
import { noteNewSession } from './new-session.ts'
import { hasWrongCode, noteWrongCode } from './note-wrong-code.ts'

export interface AccountWatch {
  readonly db: Database
  /** How many live sessions a user may have. */
  readonly sessionsAUser: number
  onSignInFailed(attempt: FailedSignIn): void
  /** Hears that sessions of the user have ended. */
  onAccountChange(userId: string): void
}

const signInPaths = ['/sign-in/email', '/sign-up/email']
const endingPaths = ['/revoke-session', '/revoke-sessions', '/revoke-other-sessions']

/**
 * Tells the owners of accounts what happens to them, on Better Auth's own routes and on the short ones that use them.
 * It must be the last plugin: only then a sign-in that waits for its second factor has lost its session again.
 */
export function watchAccounts({ db, sessionsAUser, onSignInFailed, onAccountChange }: AccountWatch): BetterAuthPlugin {
  /** What a request has changed of its user so far. */
  const changed = new WeakMap<object, readonly string[]>()
  const record = (userId: string, kind: AccountEventKind, origin: Origin) =>
    recordEvent(db, { userId, kind, origin, now: new Date() })

  const afterRequest = createAuthMiddleware(async (request) => {
    const { path, context } = request
    const origin = originOfRequest(request)
    const { newSession, session, returned } = context
    if (path === '/sign-in/email' && hasWrongPassword(returned)) {
      onSignInFailed({ email: String(request.body?.email).toLowerCase(), origin, at: new Date() })
    }
    if (hasWrongCode(returned)) await noteWrongCode(request, onSignInFailed)
    if (isAPIError(returned)) return
    if (path === '/change-password' && session) await record(session.user.id, 'password_changed', origin)
    if (!newSession) return
    const isSecondFactor = path.startsWith('/two-factor/verify-') && !changed.has(context)
    if (signInPaths.includes(path) || isSecondFactor) await record(newSession.user.id, 'sign_in', origin)
    const { user, session: newest } = newSession
    noteNewSession(newest)
    if (await endSurplusSessions(db, { userId: user.id, newest: newest.id, limit: sessionsAUser }))
      onAccountChange(user.id)
  })

  return {
    id: 'taskwell-watch',
    hooks: { after: [{ matcher: () => true, handler: afterRequest }] },
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            create: {
              after: async ({ id }, request) => record(id, 'account_created', originOfRequest(request)),
            },
            update: {
              before: async (changes, request) => {
                if (isRequest(request)) changed.set(request.context, namesOf(changes))
              },
              after: async (user, request) => {
                const kind = kindOf(user, isRequest(request) ? changed.get(request.context) : undefined)
                if (kind) await record(user.id, kind, originOfRequest(request))
              },
            },
          },
          session: {
            delete: {
              after: async ({ userId }, request) => {
                if (request?.path === '/sign-out') await record(userId, 'sign_out', originOfRequest(request))
                if (endingPaths.includes(request?.path ?? ''))
                  await record(userId, 'session_ended', originOfRequest(request))
              },
            },
          },
          verification: {
            delete: {
              after: async ({ value }, request) => {
                if (request?.path === '/reset-password') await record(value, 'password_reset', originOfRequest(request))
              },
            },
          },
        },
      },
    }),
  }
}

function hasWrongPassword(returned: unknown): boolean {
  return isAPIError(returned) && returned.body?.code === 'INVALID_EMAIL_OR_PASSWORD'
}

function namesOf(changes: object): string[] {
  return Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]))
}

/** What a change of these parts of a user is called. */
function kindOf(
  user: Readonly<Record<string, unknown>>,
  changes: readonly string[] | undefined,
): AccountEventKind | undefined {
  if (changes?.includes('email')) return 'email_changed'
  if (changes?.includes('emailVerified') && user['emailVerified']) return 'email_verified'
  if (!changes?.includes('twoFactorEnabled')) return undefined
  return user['twoFactorEnabled'] ? 'two_factor_enabled' : 'two_factor_disabled'
}
