import { ConfigError } from './config-error.ts'
import { readUrl } from './read-addresses.ts'

export interface SmtpSettings {
  readonly url: string
  readonly from: string
}

export function readSmtp(address: string | undefined, from: string | undefined): SmtpSettings | undefined {
  const url = readUrl('SMTP_URL', address, ['smtp:', 'smtps:'])
  if (from !== undefined && !sender.test(from))
    throw new ConfigError('MAIL_FROM must be an address such as Taskwell <tasks@example.org>')
  if (url === undefined) return undefined
  if (from === undefined) throw new ConfigError('MAIL_FROM is needed with SMTP_URL')
  return { url, from }
}

const sender = /^(?:[^<>@,;\p{Cc}]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/u
