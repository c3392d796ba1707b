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

/** Names the request in each line. Makes a logger only where something is logged: the one line that each request has needs none. */
export function requestLog(request: FastifyRequest): Log {
  return new RequestLog(request)
}

/**
 * A class, since V8 makes a hidden class for each object that is written with getters, and keeps it, with all that the
 * getters lead to, until it collects the whole heap.
 */
class RequestLog implements Log {
  readonly #request: FastifyRequest

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get debug(): Log['debug'] {
    return this.#method('debug')
  }

  get info(): Log['info'] {
    return this.#method('info')
  }

  get warn(): Log['warn'] {
    return this.#method('warn')
  }

  get error(): Log['error'] {
    return this.#method('error')
  }

  #method(level: keyof Log): Log['info'] {
    const { log, id, context } = this.#request
    const named = log.child({ reqId: id, ...(context && { user: context.caller.userId }) })
    return named[level].bind(named)
  }
}
