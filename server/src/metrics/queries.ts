import type { Database } from '../database/open.ts'

/** Mails that wait to be sent, and since when the oldest does. */
export async function findWaitingMails(db: Database): Promise<{ count: number; oldest: Date | undefined }> {
  const row = await db
    .selectFrom('mails')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('created_at').as('oldest')])
    .where('next_attempt_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return { count: row.count, oldest: row.oldest ? new Date(row.oldest) : undefined }
}
