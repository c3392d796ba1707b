import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  /** As the envelope names it. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The first address in it. */
  readonly link: string
  readonly parsed: ParsedMail
}

export interface MailServer {
  readonly url: string
  readonly mails: ReceivedMail[]
  /** How it answers a recipient from now on; undefined accepts. */
  refuse(code: number | undefined): void
  /** How long it takes over each mail from now on, in milliseconds. */
  delay(milliseconds: number): void
  /** The next mail with that recipient (and subject) that nobody has waited for. */
  next(to: string, subject?: RegExp): Promise<ReceivedMail>
  stop(): Promise<void>
  /** Listens again at the same address. */
  start(): Promise<void>
}

/** A real mail server on a free port of this machine. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const taken = new Set<ReceivedMail>()
  let code: number | undefined
  let milliseconds = 0
  let port = 0
  let server: SMTPServer

  async function start(): Promise<void> {
    server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      closeTimeout: 100,
      ...options,
      onRcptTo: (address, _, done) => {
        if (code === undefined) return done()
        done(Object.assign(new Error(`<${address.address}> is not wanted here`), { responseCode: code }))
      },
      onData: (stream, session, done) => {
        const receive = async () => {
          const parsed = await simpleParser(stream)
          await pause(milliseconds)
          const text = parsed.text ?? ''
          const [recipient] = session.envelope.rcptTo
          mails.push({
            to: recipient ? recipient.address : '',
            subject: parsed.subject ?? '',
            text,
            html: typeof parsed.html === 'string' ? parsed.html : '',
            link: /https?:\S+/.exec(text)?.[0] ?? '',
            parsed,
          })
        }
        void (async () => {
          try {
            await receive()
            done()
          } catch (error) {
            done(error instanceof Error ? error : new Error(String(error)))
          }
        })()
      },
    })
    server.on('error', () => {})
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    port = (server.server.address() as AddressInfo).port
  }

  await start()
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    start,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
    refuse: (value) => void (code = value),
    delay: (value) => void (milliseconds = value),
    next: async (to, subject = /./) => {
      const deadline = Date.now() + 10_000
      for (;;) {
        const found = mails.find((mail) => mail.to === to && subject.test(mail.subject) && !taken.has(mail))
        if (found) {
          taken.add(found)
          return found
        }
        if (Date.now() > deadline) throw new Error(`No mail to ${to} with ${subject}`)
        await pause(10)
      }
    },
  }
}
