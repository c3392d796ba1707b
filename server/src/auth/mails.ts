import type { Logger } from 'pino'

/** A message to one person, in plain text. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export type SendMail = (mail: Mail) => Promise<void>

/** Writes mails to the log, links included, where none can be sent: whatever its level, or they would be lost. */
export function logMails(log: Logger): SendMail {
  const mailLog = log.child({}, { level: 'info' })
  return async (mail) => mailLog.info({ mail }, `Mail to ${mail.to}: ${mail.subject}`)
}

export function verificationMail(to: string, link: string): Mail {
  return {
    to,
    subject: 'Confirm your e-mail address',
    text: `Open this link to confirm your e-mail address for Taskwell:\n\n${link}\n\nIf you did not ask for it, ignore this mail.`,
  }
}

export function addressTakenMail(to: string, baseUrl: string): Mail {
  return {
    to,
    subject: 'You already have an account',
    text: `Somebody tried to register at Taskwell with your e-mail address, which has an account already.\n\nIf it was you, sign in at ${baseUrl} or reset your password there. If not, ignore this mail.`,
  }
}

export function passwordResetMail(to: string, link: string): Mail {
  return {
    to,
    subject: 'Reset your password',
    text: `Open this link within 10 minutes to choose a new password for Taskwell:\n\n${link}\n\nIf you did not ask for it, ignore this mail.`,
  }
}

export function emailChangeMail(to: string, newEmail: string, link: string): Mail {
  return {
    to,
    subject: 'Confirm your new e-mail address',
    text: `Open this link to change the e-mail address of your Taskwell account to ${newEmail}:\n\n${link}\n\nIf you did not ask for it, ignore this mail and change your password.`,
  }
}
