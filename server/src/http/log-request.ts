import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../context.ts'
import { requestMessage } from '../log.ts'

/** One line for each request. Addresses are told without their query, and as patterns where they may hold a secret. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { url: pattern } = request.routeOptions
  request.log.info(
    {
      reqId: request.id,
      method: request.method,
      path: pattern === '/api/auth/*' ? pattern : request.url.split('?')[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ip: request.ip,
      ...(request.context && { user: request.context.caller.userId }),
    },
    requestMessage,
  )
}

/** Names the request in each line. Made only where something is logged: the one line that each request has needs none. */
export function requestLog({ log, id, context }: FastifyRequest): Log {
  return log.child({ reqId: id, ...(context && { user: context.caller.userId }) })
}
