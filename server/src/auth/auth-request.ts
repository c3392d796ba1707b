import { type Origin, originOf } from '../account-events/index.ts'
import { ipHeader } from './client-address.ts'

/** What Better Auth's hooks are given of the request that they run for. */
export interface AuthRequest {
  readonly headers?: Headers | undefined
  readonly context: object
}

/** Hooks run without a request when the program itself acts. */
export function isRequest(value: unknown): value is AuthRequest {
  return typeof value === 'object' && value !== null && 'context' in value && typeof value.context === 'object'
}

export function originOfRequest(request: { headers?: Headers | undefined } | null | undefined): Origin {
  const headers = request?.headers
  const userAgent = headers?.get('user-agent')
  const { userAgent: shortened } = originOf({ headers: userAgent ? { 'user-agent': userAgent } : {}, ip: '' })
  return { ip: headers?.get(ipHeader) ?? null, userAgent: shortened }
}
