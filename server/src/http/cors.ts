import type { FastifyReply, FastifyRequest } from 'fastify'
import { allowedMethods, nativeMethods } from './methods.ts'

const exposed =
  'ETag, Location, Taskwell-Revision, Taskwell-Write, set-auth-token, RateLimit, RateLimit-Policy, Retry-After'
const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match'

/** Lets pages of allowed origins read the reply. */
export function exposeHeaders(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  allowed: ReadonlySet<string>,
): void {
  if (origin === undefined || !allowed.has(origin.toLowerCase())) return
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposed,
    'cross-origin-resource-policy': 'cross-origin',
  })
}

/** Tells caches that the reply depends on the origin, beside whatever else it depends on. */
export function varyByOrigin({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
  if (origin === undefined) return
  const vary = reply.getHeader('vary')
  reply.header('vary', vary === undefined ? 'Origin' : `${String(vary)}, Origin`)
}

/** Answers the question that browsers ask before an unusual request (CORS preflight). */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, allowed: ReadonlySet<string>): boolean {
  const { origin, 'access-control-request-method': asked } = request.headers
  if (request.method !== 'OPTIONS' || origin === undefined || asked === undefined) return false
  if (allowed.has(origin.toLowerCase())) {
    reply.headers({
      'access-control-allow-methods': allowedMethods(request) ?? nativeMethods,
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': '600',
    })
  }
  reply.code(204).send()
  return true
}
