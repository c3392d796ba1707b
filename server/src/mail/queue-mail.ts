import { v7 as uuidv7 } from 'uuid'
import type { Database } from '../database/open.ts'
import type { Mail } from './mail.ts'

export interface Posting {
  /** With the account go the mails to it that were not sent yet; `null` for a mail that outlives the account. */
  readonly userId: string | null
  readonly now: Date
  /** From then on the mail is of no use, and is not sent any more. */
  readonly expiresAt?: Date
}

/** Writes the mail down, to be sent soon after the commit of the transaction that `db` may be. */
export async function queueMail(db: Database, mail: Mail, { userId, now, expiresAt }: Posting): Promise<void> {
  await db
    .insertInto('mails')
    .values({
      id: uuidv7(),
      user_id: userId,
      recipient: mail.to,
      subject: mail.subject,
      text_body: mail.text,
      html_body: mail.html,
      created_at: now.toISOString(),
      attempts: 0,
      next_attempt_at: now.toISOString(),
      expires_at: expiresAt?.toISOString() ?? null,
    })
    .execute()
}
