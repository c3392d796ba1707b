import type { contract } from '@taskwell/api'
import { type Auth, signOutHeaders } from '../auth/index.ts'
import { transact } from '../context.ts'
import { Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import type { Erasure } from './erasure.ts'
import { closeAccount, findPasswordHash } from './queries.ts'

/**
 * Deletes the caller's account: one transaction closes it for everybody, then many short ones erase what it held. The
 * reply says that all is done.
 * @throws invalid_credentials for a wrong password
 */
export function deleteAccountWith({
  auth,
  erasure,
}: {
  auth: Auth
  erasure: Erasure
}): Verb<typeof contract.deleteAccount> {
  return async (ctx, { body }) => {
    const { userId } = ctx.caller
    const { password } = await auth.$context
    const hash = await findPasswordHash(ctx.db, userId)
    if (hash === undefined || !(await password.verify({ hash, password: body.password }))) {
      throw new Refusal('invalid_credentials', { detail: 'The password is wrong: nothing was deleted.' })
    }
    const isClosed = await transact(ctx, async (ctx) => {
      ctx.publish({ userId })
      return closeAccount(ctx.db, userId, ctx.now.toISOString())
    })
    if (!isClosed) throw new Refusal('unauthenticated')
    await erasure.erase(userId)
    const headers = await signOutHeaders(auth, ctx.visit)
    return { body: undefined, headers: { ...headers, 'clear-site-data': '"cache", "storage"' } }
  }
}
