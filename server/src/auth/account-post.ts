import {
  addressTakenMail,
  type Mail,
  passwordChangedMail,
  passwordResetMail,
  queueMail,
  verificationMail,
} from '../mail/index.ts'
import type { Database } from '../database/open.ts'
import { endUnfinished, resetLinkLife } from './reset-links.ts'

/** In seconds: how long a link that confirms an address works. */
export const confirmationLife = 24 * 60 * 60

/** What sends the queued mails. `none` where nobody is to be written to. */
export type Outbox = { wake(): void } | 'none'

export interface PostOptions {
  readonly db: Database
  readonly baseUrl: string
  readonly outbox: Outbox
  /** Whether one more of the mails that strangers can cause may go to the address. */
  mayMail?(email: string): Promise<boolean>
  now(): Date
}

interface Recipient {
  readonly id: string
  readonly email: string
}

export type AccountPost = ReturnType<typeof createAccountPost>

/** The mails that Better Auth asks for, each queued before its caller goes on; nobody waits for their sending. */
export function createAccountPost({ db, baseUrl, outbox, now, mayMail = async () => true }: PostOptions) {
  async function post(user: Recipient, mail: Mail, lifeInSeconds?: number): Promise<void> {
    if (outbox === 'none') return
    const at = now()
    const expiry = lifeInSeconds === undefined ? {} : { expiresAt: new Date(at.getTime() + lifeInSeconds * 1000) }
    await queueMail(db, mail, { userId: user.id, now: at, ...expiry })
    outbox.wake()
  }

  return {
    verification: async (user: Recipient, { url, token }: { url: string; token: string }, request?: Request) => {
      // The mails of a change of address are ours altogether: see the native effects.
      if (isForChange(token)) return
      if (isSignIn(request) && !(await mayMail(user.email))) return
      await post(user, verificationMail(user.email, withPage(url)), confirmationLife)
    },
    addressTaken: async (user: Recipient) => {
      if (await mayMail(user.email)) await post(user, addressTakenMail(user.email, baseUrl))
    },
    /** `url` leads to the page of a client that has one of its own; ours is the usual one. */
    passwordReset: (user: Recipient, { url, token }: { url: string; token: string }) => {
      const isAskedFor = Boolean(new URL(url).searchParams.get('callbackURL'))
      const link = isAskedFor ? url : `${baseUrl}/reset-password?token=${token}`
      return post(user, passwordResetMail(user.email, link), resetLinkLife)
    },
    passwordChanged: async (user: Recipient) => {
      await endUnfinished(db, user.id)
      await post(user, passwordChangedMail(user.email, baseUrl))
    },
  }
}

/** Who asks for the mail itself is counted at the door, and told when it is too much. */
function isSignIn(request: Request | undefined): boolean {
  return request !== undefined && new URL(request.url).pathname.replace(/\/+$/, '').endsWith('/sign-in/email')
}

/** What Better Auth signs says whether it confirms an address or changes it. */
function isForChange(token: string): boolean {
  const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return typeof payload === 'object' && payload !== null && 'updateTo' in payload
}

/** The link, leading on to our page unless the client named one of its own. */
function withPage(url: string): string {
  const link = new URL(url)
  if (link.searchParams.get('callbackURL') === '/') link.searchParams.set('callbackURL', '/verify')
  return link.href
}
