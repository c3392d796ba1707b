import type { Limits, Meter } from '../limits/index.ts'
import type { Visit } from '../verb.ts'
import type { Auth } from './create-auth.ts'
import type { FindCaller, Found } from './find-caller.ts'
import { handOver } from './hand-over.ts'
import { findChallenged } from './two-factor-challenge.ts'

/** A request to one of Better Auth's own routes. */
interface NativeRequest {
  readonly method: string
  /** Such as `/sign-in/email`. */
  readonly path: string
  readonly query: string
  readonly body?: Uint8Array<ArrayBuffer>
}

interface Options {
  readonly auth: Auth
  readonly limits: Limits
  readonly findCaller: FindCaller
  readonly now: () => Date
}

/** Which budget a route draws on, beside that of requests. */
const kinds: Readonly<Record<string, 'signIn' | 'registration' | 'mail' | 'code' | 'password'>> = {
  '/sign-in/email': 'signIn',
  '/sign-up/email': 'registration',
  '/send-verification-email': 'mail',
  '/request-password-reset': 'mail',
  '/change-email': 'mail',
  '/two-factor/verify-totp': 'code',
  '/two-factor/verify-backup-code': 'code',
  '/two-factor/enable': 'password',
  '/two-factor/disable': 'password',
  '/two-factor/generate-backup-codes': 'password',
  '/two-factor/get-totp-uri': 'password',
  '/change-password': 'password',
  '/verify-password': 'password',
}

/** Better Auth's own routes, within the same limits as ours. */
export function nativeRoutes({ auth, limits, findCaller, now }: Options) {
  return {
    async admit(meter: Meter, visit: Visit, { method, path }: NativeRequest): Promise<readonly string[]> {
      const kind = kinds[path]
      if (kind === 'signIn' || kind === 'registration') {
        await limits.expectRoom(meter, kind === 'signIn' ? 'login' : kind, visit)
        return []
      }
      const found = await findCaller(visit, now())
      if (found) await limits.countRequest(meter, method === 'POST' ? 'write' : 'read', found.caller.userId)
      else await limits.countStranger(meter, visit.ip)
      return found?.setCookie ?? []
    },

    async answer(meter: Meter, visit: Visit, request: NativeRequest): Promise<Response> {
      const { method, path, query, body } = request
      const url = `/api/auth${path}${query}`
      const work = () => handOver(auth, visit, { method, url, ...(body && { body }) })
      const kind = method === 'POST' ? kinds[path] : undefined
      if (path === '/sign-out') return withoutCopies(await work())
      if (kind === undefined) return work()
      const email = emailIn(body)
      if (kind === 'registration') return known(email, await limits.register(meter, visit, work, hasAccount))
      if (kind === 'signIn') return email === undefined ? work() : signIn(meter, visit, email, work)
      const found = await findCaller(visit, now())
      if (kind === 'mail') await countMail(meter, path, email, found)
      if (kind === 'mail') return work()
      if (found) return limits.confirm(meter, found.caller.userId, work, isWrong)
      const challenged = kind === 'code' ? await findChallenged(auth, visit) : undefined
      return challenged === undefined ? work() : signIn(meter, visit, challenged, work)
    },
  }

  async function signIn(meter: Meter, visit: Visit, email: string, work: () => Promise<Response>): Promise<Response> {
    return known(email, await limits.signIn(meter, { visit, email }, work, isWrong))
  }

  /** A reply that gives a session makes the device known to the account. */
  function known(email: string | undefined, response: Response): Response {
    const cookie = email === undefined ? undefined : limits.deviceCookie(email)
    if (cookie !== undefined && response.headers.has('set-auth-token')) response.headers.append('set-cookie', cookie)
    return response
  }

  async function countMail(meter: Meter, path: string, email: string | undefined, found: Found | undefined) {
    const account = path === '/change-email' ? found?.user.email : email
    if (account !== undefined) await limits.countMail(meter, account)
  }
}

/** Whoever signs out leaves nothing behind in the browser. */
function withoutCopies(response: Response): Response {
  if (response.ok) response.headers.set('clear-site-data', '"cache"')
  return response
}

const wrong = new Set(['INVALID_EMAIL_OR_PASSWORD', 'INVALID_PASSWORD', 'INVALID_CODE', 'INVALID_BACKUP_CODE'])

async function isWrong(outcome: unknown): Promise<boolean> {
  const code = await codeOf(outcome)
  return code !== undefined && wrong.has(code)
}

/** A new account, or word that there is one already. */
async function hasAccount(outcome: unknown): Promise<boolean> {
  if (outcome instanceof Response && outcome.ok) return true
  return (await codeOf(outcome))?.startsWith('USER_ALREADY_EXISTS') ?? false
}

async function codeOf(outcome: unknown): Promise<string | undefined> {
  if (!(outcome instanceof Response)) return undefined
  return textOf(await outcome.clone().text(), 'code')
}

function emailIn(body: Uint8Array | undefined): string | undefined {
  return body === undefined ? undefined : textOf(new TextDecoder().decode(body), 'email')
}

/** The member of the JSON object, if it is one and has it as text. */
function textOf(json: string, member: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null) return undefined
    const found: unknown = Object.getOwnPropertyDescriptor(value, member)?.value
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}
