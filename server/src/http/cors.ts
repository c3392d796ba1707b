import type { FastifyReply, FastifyRequest } from 'fastify'
import { allowedMethods } from './methods.ts'

const exposed = 'ETag, Location, Taskwell-Revision, set-auth-token, RateLimit, RateLimit-Policy, Retry-After'
const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match'

/** Lets pages of allowed origins read the reply. */
export function exposeHeaders(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  allowed: ReadonlySet<string>,
): void {
  if (origin === undefined) return
  reply.header('vary', 'Origin')
  if (!allowed.has(origin.toLowerCase())) return
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposed,
    'cross-origin-resource-policy': 'cross-origin',
  })
}

/** Answers the question that browsers ask before an unusual request (CORS preflight). */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, allowed: ReadonlySet<string>): boolean {
  const { origin, 'access-control-request-method': asked } = request.headers
  if (request.method !== 'OPTIONS' || origin === undefined || asked === undefined) return false
  if (allowed.has(origin.toLowerCase())) {
    reply.headers({
      'access-control-allow-methods': allowedMethods(request.url) ?? 'GET, POST',
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': '600',
    })
  }
  reply.code(204).send()
  return true
}
