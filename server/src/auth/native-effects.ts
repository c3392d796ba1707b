import { createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api'
import type { Database } from '../database/open.ts'
import type { AccountPost, Outbox } from './account-post.ts'
import { requestEmailChange } from './change-email.ts'

export interface EffectOptions {
  readonly db: Database
  readonly baseUrl: string
  readonly post: AccountPost
  readonly outbox: Outbox
  now(): Date
}

/** What follows from Better Auth's own routes beyond what they do. */
export function createNativeEffects({ db, baseUrl, post, outbox, now }: EffectOptions) {
  return createAuthMiddleware(async (request) => {
    if (isAPIError(request.context.returned)) return
    if (request.path !== '/change-password' && request.path !== '/change-email') return
    const session = request.context.newSession ?? request.context.session ?? (await getSessionFromCtx(request))
    if (!session) throw new Error('An account was changed by nobody')
    const { user } = session
    if (request.path === '/change-password') return post.passwordChanged(user)
    const newEmail = String(request.body.newEmail).toLowerCase()
    await requestEmailChange({ db, baseUrl, now: now() }, { user, newEmail })
    if (outbox !== 'none') outbox.wake()
  })
}
