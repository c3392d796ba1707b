import type { Logger } from 'pino'
import type { Mail } from './mail.ts'

/** Takes mails to where they are read. */
export interface Transport {
  /** @throws MailRefused, or any error when it may work later */
  send(mail: Mail & { readonly id: string }): Promise<void>
  close(): void
}

/** What the server answered is in it, and nothing of the mail. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
  /** Whether trying again is likely to end the same. */
  readonly isPermanent: boolean
  /** For logs: unlike the message it never holds an address. */
  readonly summary: string

  constructor(message: string, { isPermanent, summary }: { isPermanent: boolean; summary: string }) {
    super(message)
    this.isPermanent = isPermanent
    this.summary = summary
  }
}

/** Writes mails to the log, links included, where none can be sent: whatever its level, or they would be lost. */
export function logTransport(log: Logger): Transport {
  const mailLog = log.child({}, { level: 'info' })
  return {
    send: async ({ to, subject, text }) => mailLog.info({ mail: { to, subject, text } }, `Mail to ${to}: ${subject}`),
    close: () => {},
  }
}
