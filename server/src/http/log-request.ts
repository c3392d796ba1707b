import type { FastifyReply, FastifyRequest } from 'fastify'

/** One line for each request. Addresses are told without their query, and as patterns where they may hold a secret. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { url: pattern } = request.routeOptions
  request.log.info(
    {
      method: request.method,
      path: pattern === '/api/auth/*' ? pattern : request.url.split('?')[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ip: request.ip,
      ...(request.context && { user: request.context.caller.userId }),
    },
    'request',
  )
}
