import { MailRefused, type Transport } from './transport.ts'

export interface SmtpSettings {
  /** `smtp:` takes up TLS when the server offers it, `smtps:` begins with it; nodemailer's options as a query. */
  readonly url: string
  /** An address, or a name and an address as in `Taskwell <tasks@example.org>`. */
  readonly from: string
}

/** Times in milliseconds. A server that is silent for so long is as good as gone. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 }

/** Sends over SMTP, on a few connections that are kept open. */
export function smtpTransport({ url, from }: SmtpSettings): Transport {
  const transport = openTransport({ url, from })
  const senderDomain = /@([^\s>]+)>?$/.exec(from)?.[1] ?? 'taskwell.invalid'
  return {
    send: async ({ id, to, subject, text, html }) => {
      try {
        await (
          await transport
        ).sendMail({
          // As an object it is one address, whatever is in it.
          to: { name: '', address: to },
          subject,
          text,
          html,
          // The same on every attempt, so that whoever gets a mail twice can tell.
          messageId: `<${id}@${senderDomain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        })
      } catch (error) {
        throw refusedBy(error)
      }
    },
    close: () => void transport.then((opened) => opened.close()),
  }
}

/** The library is loaded only where mails are sent. */
async function openTransport({ url, from }: SmtpSettings) {
  const { createTransport } = await import('nodemailer')
  return createTransport(
    {
      pool: true,
      maxConnections: 4,
      ...patience,
      requireTLS: mustEncrypt(url),
      disableFileAccess: true,
      disableUrlAccess: true,
      url,
    },
    { from },
  )
}

/** A password goes over an open network only when encrypted. The URL can say otherwise, with `?requireTLS=false`. */
function mustEncrypt(url: string): boolean {
  const { protocol, username, hostname } = new URL(url)
  return protocol === 'smtp:' && username !== '' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** What nodemailer says of replies, by the step of the conversation in which they came. */
const aboutThisMail = ['MAIL FROM', 'RCPT TO', 'DATA']

function refusedBy(error: unknown): MailRefused {
  const { code, responseCode, command, message } = describe(error)
  const isAnswer = typeof responseCode === 'number'
  return new MailRefused(message.slice(0, 500), {
    isPermanent: isAnswer && responseCode >= 500 && aboutThisMail.includes(String(command)),
    summary: [code, command, responseCode].filter((part) => part !== undefined).join(' '),
  })
}

function describe(error: unknown): { code?: unknown; responseCode?: unknown; command?: unknown; message: string } {
  return error instanceof Error ? { ...error, message: error.message } : { message: String(error) }
}
