import type { Database } from '../database/open.ts'

/**
 * Ends the least recently used sessions of a user who has more than that many; the newest is not among them. Answers
 * whether there were any.
 */
export async function endSurplusSessions(
  db: Database,
  { userId, newest, limit }: { userId: string; newest: string; limit: number },
): Promise<boolean> {
  const now = new Date().toISOString()
  await db.deleteFrom('sessions').where('user_id', '=', userId).where('expires_at', '<=', now).execute()
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '<>', newest)
        .orderBy((eb) => eb.fn.coalesce('last_active_at', 'created_at'), 'desc')
        .orderBy('id', 'desc')
        .limit(10_000)
        .offset(limit - 1),
    )
    .executeTakeFirst()
  return numDeletedRows > 0n
}
