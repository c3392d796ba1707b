import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../context.ts'
import type { Database } from '../database/open.ts'
import { claimMails, giveUp, type MailRow, markSent, postpone } from './queries.ts'
import { MailRefused, type Transport } from './transport.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Times in milliseconds. The claim must outlast the attempt. */
const limits = { atOnce: 4, attempt: minute, claim: 5 * minute, farewell: 1.5 * second }
const attempts = { most: 10, ofRefused: 3 }
const rest = { first: minute, growth: 3, longest: 8 * hour, jitter: 0.2 }

export interface Delivery {
  readonly db: Database
  readonly transport: Transport
  readonly log: Log
  now(): Date
}

/**
 * Sends a few of the mails that are due. Each is sent at least once: when the process dies after the server took it and
 * before that is written down, it is sent again. Answers whether more may be due.
 */
export async function deliverMails(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
  const now = delivery.now()
  const until = new Date(now.getTime() + limits.claim)
  const mails = await claimMails(delivery.db, { now, until, limit: limits.atOnce })
  await Promise.all(mails.map((mail) => deliver(delivery, mail, signal)))
  return mails.length === limits.atOnce
}

async function deliver(delivery: Delivery, mail: MailRow, signal: AbortSignal): Promise<void> {
  const { db, transport, now } = delivery
  if (isOverdue(mail, now())) return abandon(delivery, mail, 'expired before it could be sent')
  const { id, recipient: to, subject, text_body: text, html_body: html } = mail
  try {
    await withinTime(transport.send({ id, to, subject, text, html }), signal)
  } catch (error) {
    return tryLater(delivery, mail, error)
  }
  await markSent(db, mail, now())
}

async function tryLater(delivery: Delivery, mail: MailRow, error: unknown): Promise<void> {
  const { db, log, now } = delivery
  const { message, summary, isPermanent } = reasonOf(error)
  const at = new Date(now().getTime() + restAfter(mail.attempts))
  const most = isPermanent ? attempts.ofRefused : attempts.most
  if (mail.attempts >= most || isOverdue(mail, at)) return abandon(delivery, mail, message, summary)
  await postpone(db, mail, { at, error: message })
  log.warn({ ...namesOf(mail), reason: summary, nextAttemptAt: at }, 'a mail could not be sent and will be tried again')
}

async function abandon(delivery: Delivery, mail: MailRow, error: string, reason = error): Promise<void> {
  await giveUp(delivery.db, mail, { now: delivery.now(), error })
  delivery.log.error({ ...namesOf(mail), reason }, 'a mail could not be sent and was given up')
}

/** A mail as logs may tell of it. */
function namesOf({ id, recipient, attempts }: MailRow) {
  return { mail: id, domain: recipient.split('@').at(-1), attempts }
}

function reasonOf(error: unknown): { message: string; summary: string; isPermanent: boolean } {
  if (error instanceof MailRefused) return error
  return { message: String(error), summary: error instanceof Error ? error.name : 'unknown', isPermanent: false }
}

function isOverdue({ expires_at }: MailRow, at: Date): boolean {
  return expires_at !== null && new Date(expires_at) <= at
}

/** From one minute up to eight hours, some thirty hours over all attempts; spread, so that not all come back at once. */
function restAfter(attempt: number): number {
  const full = Math.min(rest.first * rest.growth ** (attempt - 1), rest.longest)
  return Math.round(full * (1 + rest.jitter * (2 * Math.random() - 1)))
}

/** Waits for the sending, but not for ever, and only for a moment once the program is to end. */
async function withinTime(sending: Promise<void>, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const tooLate = async (milliseconds: number, reason: string): Promise<never> => {
    await pause(milliseconds, undefined, { signal: done.signal, ref: false })
    throw new Error(reason)
  }
  const stopped = async (): Promise<never> => {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { signal: done.signal })
    })
    return tooLate(limits.farewell, 'The program ended while the mail was on its way')
  }
  const ends = [tooLate(limits.attempt, 'The mail server took too long'), stopped()]
  for (const end of [...ends, sending]) end.catch(() => {})
  try {
    await Promise.race([sending, ...ends])
  } finally {
    done.abort()
  }
}
