import type { Context } from '../context.ts'
import { isForeignKeyFailure } from '../database/lost-owners.ts'
import { accountGone } from '../errors.ts'
import { hasAccount } from './queries.ts'

/**
 * Does the work of a caller. What cannot be written any more for an account that was deleted meanwhile is refused as the
 * next request will be; a row whose owner is missing for another reason is a fault of ours.
 * @throws unauthenticated when the account is gone
 */
export async function forAccount<T>(
  { db, caller }: Pick<Context, 'db' | 'caller'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isForeignKeyFailure(error) && !(await hasAccount(db, caller.userId))) throw accountGone()
    throw error
  }
}
