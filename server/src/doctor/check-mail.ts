import { createTransport } from 'nodemailer'
import { type Check, findings } from './finding.ts'

const { ok, warning, wrong } = findings('mail')
const patience = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 5_000 }

export const checkMail: Check = {
  name: 'mail',
  examine: async ({ config: { smtp } }) => {
    if (smtp === undefined) return [warning('no mail is sent, links are written to the log: set SMTP_URL')]
    const { hostname, port, protocol, username, password } = new URL(smtp.url)
    const auth = username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
    const transport = createTransport({
      host: hostname,
      ...(port && { port: Number(port) }),
      secure: protocol === 'smtps:',
      ...(auth && { auth }),
      ...patience,
    })
    try {
      await transport.verify()
      return [ok('the mail server answers, and takes the sign-in')]
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
      return [wrong(`the mail server does not take us (${reason}): check SMTP_URL`)]
    } finally {
      transport.close()
    }
  },
}
