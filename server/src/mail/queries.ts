import type { Selectable } from 'kysely'
import type { Database } from '../database/open.ts'
import type { Schema } from '../database/schema.ts'
import { isoInstant, skipLocked } from '../database/sql.ts'

export type MailRow = Selectable<Schema['mails']>

/**
 * Takes mails that are due, oldest first, and keeps others from taking them until `until`. If they are neither done
 * nor postponed by then, because the process has died, they are due again.
 */
export async function claimMails(
  db: Database,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<MailRow[]> {
  const due = db
    .selectFrom('mails')
    .select('mails.id')
    .where('next_attempt_at', '<=', now.toISOString())
    .orderBy('next_attempt_at')
    .limit(limit)
  return (
    db
      // As a subquery it could be run more than once, and take more.
      .with('due', () => skipLocked(db, due))
      .updateTable('mails')
      .set((eb) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: until.toISOString() }))
      .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
      .returningAll()
      .execute()
  )
}

const wiped = { text_body: '', html_body: '', next_attempt_at: null }

export async function markSent(db: Database, { id }: MailRow, now: Date): Promise<void> {
  await db
    .updateTable('mails')
    .set({ ...wiped, sent_at: now.toISOString(), last_error: null })
    .where('id', '=', id)
    .execute()
}

/** Only of the attempt that failed: another process may have taken the mail since. */
export async function postpone(db: Database, mail: MailRow, { at, error }: { at: Date; error: string }): Promise<void> {
  await db
    .updateTable('mails')
    .set({ next_attempt_at: at.toISOString(), last_error: error })
    .where('id', '=', mail.id)
    .where('attempts', '=', mail.attempts)
    .where('next_attempt_at', 'is not', null)
    .execute()
}

export async function giveUp(db: Database, mail: MailRow, { now, error }: { now: Date; error: string }): Promise<void> {
  await db
    .updateTable('mails')
    .set({ ...wiped, failed_at: now.toISOString(), last_error: error })
    .where('id', '=', mail.id)
    .where('attempts', '=', mail.attempts)
    .where('next_attempt_at', 'is not', null)
    .execute()
}

/** Removes mails that were sent or given up. Answers how many of at most `limit`. */
export async function removeOldMails(
  db: Database,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('mails')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('mails')
        .select('mails.id')
        .where('next_attempt_at', 'is', null)
        .where('created_at', '<', before.toISOString())
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** When the mail that has waited longest was written; undefined when none waits. */
export async function findOldestWaiting(db: Database): Promise<Date | undefined> {
  const row = await db
    .selectFrom('mails')
    .select((eb) => eb.fn.min('created_at').as('oldest'))
    .where('next_attempt_at', 'is not', null)
    .executeTakeFirst()
  return row?.oldest ? new Date(isoInstant(row.oldest)) : undefined
}
