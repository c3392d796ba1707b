import type { Visit } from '../verb.ts'
import { ipHeader } from './client-address.ts'
import type { Auth } from './create-auth.ts'

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
export function handOver(auth: Auth, visit: Visit, request: InnerRequest): Promise<Response> {
  const { url, body } = request
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const headers = innerHeaders(auth, visit)
  const hasBody = body !== undefined && body.length > 0 && method !== 'GET'
  return auth.handler(new Request(auth.options.baseURL + url, { method, headers, ...(hasBody ? { body } : {}) }))
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
