import type { Context } from '../context.ts'
import { blankReplies, eraseTexts, takeRevisions } from './queries.ts'

/**
 * Erases tasks of the bin for good, in the transaction that holds their space: their texts, those of their history and
 * those in replies that are kept for requests sent again. Each takes a revision, so that other devices forget it too,
 * but writes no history: there is nothing left to tell, and nothing to undo. Answers the last of the revisions.
 */
export async function eraseTasks(
  { db, now, publish }: Pick<Context, 'db' | 'now' | 'publish'>,
  spaceId: string,
  ids: readonly string[],
): Promise<number> {
  const revision = await takeRevisions(db, spaceId, ids.length)
  await eraseTexts(db, { spaceId, ids, last: revision, now: now.toISOString() })
  await blankReplies(db, spaceId, ids)
  publish({ spaceId, revision })
  return revision
}
