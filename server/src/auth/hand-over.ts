import { setTimeout as pause } from 'node:timers/promises'
import { withDiskFaults } from '../database/disk-faults.ts'
import { isForeignKeyFailure } from '../database/lost-owners.ts'
import { accountGone } from '../errors.ts'
import type { Visit } from '../verb.ts'
import { ipHeader } from './client-address.ts'
import type { Auth } from './create-auth.ts'
import { readReply } from './native-reply.ts'

/** A request for Better Auth. */
export interface InnerRequest {
  readonly method: string
  /** Path and query as they were sent, such as `/api/auth/get-session`. */
  readonly url: string
  readonly body?: string | Uint8Array<ArrayBuffer>
}

const passedOn = ['accept', 'content-type', 'user-agent', 'authorization', 'cookie'] as const

/**
 * Lets Better Auth answer. Our own cross-site rule must have allowed the request: the origin it sees is always ours.
 * Headers that are not known to be needed stay behind.
 */
export async function handOver(auth: Auth, visit: Visit, request: InnerRequest): Promise<Response> {
  const path = new URL(request.url, auth.options.baseURL).pathname.replace(/\/+$/, '')
  const begun = performance.now()
  const response = await pass(auth, visit, request)
  const step = auth.evenTimes ? evenTime(auth, path) : 0
  // Whoever is let in has an account, and shall not wait.
  if (step > 0 && !(path === signIn && response.ok)) await pause(step - ((performance.now() - begun) % step))
  return response
}

const signIn = '/api/auth/sign-in/email'

/**
 * In milliseconds: such a reply could tell by its time whether there is an account, since only one of the two cases has
 * something to read or to write. It takes this time, far more than the work behind it needs, or a multiple of it.
 */
function evenTime(auth: Auth, path: string): number {
  switch (path) {
    case signIn:
      return 250
    case '/api/auth/sign-up/email':
      return auth.options.emailAndPassword.requireEmailVerification ? 300 : 0
    case '/api/auth/request-password-reset':
    case '/api/auth/send-verification-email':
    case '/api/auth/change-email':
      return 300
    default:
      return 0
  }
}

async function pass(auth: Auth, visit: Visit, request: InnerRequest): Promise<Response> {
  const { url, body } = request
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const headers = innerHeaders(auth, visit)
  const hasBody = body !== undefined && body.length > 0 && method !== 'GET'
  const inner = new Request(auth.options.baseURL + url, { method, headers, ...(hasBody ? { body } : {}) })
  const response = await withDiskFaults(() => auth.handler(inner)).catch((error: unknown) => {
    // All that the library writes belongs to the user who acts, who was deleted meanwhile.
    throw isForeignKeyFailure(error) ? accountGone() : error
  })
  return url.startsWith('/api/auth/sign-in/email') ? withoutDeadSession(response) : response
}

/** Where a second factor is awaited, the library still tells of the session that it made and ended in between. */
async function withoutDeadSession(response: Response): Promise<Response> {
  if (!response.ok || !(await readReply(response.clone())).twoFactorRedirect) return response
  const headers = new Headers(response.headers)
  headers.delete('set-auth-token')
  headers.delete('set-cookie')
  for (const cookie of lastOfEach(response.headers.getSetCookie())) headers.append('set-cookie', cookie)
  return new Response(response.body, { status: response.status, headers })
}

/** Of several cookies by one name the last one counts, which ends the session. */
function lastOfEach(cookies: readonly string[]): Iterable<string> {
  return new Map(cookies.map((cookie) => [cookie.split('=')[0], cookie])).values()
}

/** Hands one of the short routes over to the native route that does its work. */
export function handOverJson(auth: Auth, visit: Visit, path: string, value: unknown): Promise<Response> {
  const headers = { ...visit.headers, 'content-type': 'application/json', accept: 'application/json' }
  const url = `/api/auth${path}`
  return handOver(auth, { headers, ip: visit.ip }, { method: 'POST', url, body: JSON.stringify(value) })
}

function innerHeaders(auth: Auth, visit: Visit): Headers {
  const headers = new Headers({ origin: auth.options.baseURL, [ipHeader]: visit.ip })
  for (const name of passedOn) {
    const value = visit.headers[name]
    if (value !== undefined) headers.set(name, value)
  }
  // Better Auth falls back to the cookie when the bearer token is bad.
  if (visit.headers.authorization !== undefined) headers.delete('cookie')
  return headers
}

/** The headers by which a client gets or loses its session. */
export function sessionHeaders(response: Response): Record<string, string | string[]> {
  const cookies = response.headers.getSetCookie()
  const token = response.headers.get('set-auth-token')
  return {
    ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    ...(token === null ? {} : { 'set-auth-token': token }),
  }
}
