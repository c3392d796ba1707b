import pino from 'pino'
import { expect, test } from 'vitest'
import { logMails, verificationMail } from './mails.ts'

test.each(['info', 'error', 'silent'])('a mail is in the log whole when its level is %s', async (level) => {
  const lines: string[] = []
  const log = pino({ level }, { write: (line: string) => void lines.push(line) })
  await logMails(log)(verificationMail('ada@example.org', 'https://tasks.example.org/link'))
  expect(lines.join('')).toContain('https://tasks.example.org/link')
})
