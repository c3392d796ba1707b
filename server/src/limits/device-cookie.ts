import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A browser that has signed in to an account before. */
export interface Device {
  readonly id: string
  /** Stands for the account, and tells nothing of it. */
  readonly account: string
}

export interface DeviceCookies {
  /** The device that the cookie names, if its signature is right. */
  read(headers: IncomingHttpHeaders): Device | undefined
  isOf(device: Device, email: string): boolean
  /** The `Set-Cookie` that makes a device known to the account. */
  issue(email: string): string
}

const year = 365 * 24 * 60 * 60

/**
 * Signed cookies by which a device that signed in before is told from strangers: it keeps a budget of its own for failed
 * sign-ins, so that nobody can lock the owner of an account out. It is no proof of who somebody is.
 */
export function createDeviceCookies({ secret, isSecure }: { secret: string; isSecure: boolean }): DeviceCookies {
  const key = createHmac('sha256', secret).update('taskwell device cookie').digest()
  const name = isSecure ? '__Secure-taskwell.device' : 'taskwell.device'
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  const accountOf = (email: string): string => sign(`account ${email.toLowerCase()}`).slice(0, 22)
  const cookie = new RegExp(
    `(?:^|;) *${name.replaceAll('.', String.raw`\.`)}=([\\w-]{22})\\.([\\w-]{22})\\.([\\w-]{43})(?:;|$)`,
  )

  return {
    read: (headers) => {
      const [, id = '', account = '', signature = ''] = cookie.exec(headers.cookie ?? '') ?? []
      return isSame(signature, sign(`${id}.${account}`)) ? { id, account } : undefined
    },
    isOf: (device, email) => isSame(device.account, accountOf(email)),
    issue: (email) => {
      const named = `${randomBytes(16).toString('base64url')}.${accountOf(email)}`
      const flags = `Max-Age=${year}; Path=/api/auth; HttpOnly; ${isSecure ? 'Secure; ' : ''}SameSite=Lax`
      return `${name}=${named}.${sign(named)}; ${flags}`
    },
  }
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
