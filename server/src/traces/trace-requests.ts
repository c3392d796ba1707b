import type { AsyncLocalStorage } from 'node:async_hooks'
import type * as Api from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface RequestTracing {
  readonly api: typeof Api
  readonly tracer: Api.Tracer
  /** The request for which something is done. */
  readonly current: AsyncLocalStorage<Api.Span>
  parseTraceParent(header: string): Api.SpanContext | null
}

/**
 * A span for each request, part of the trace that its `traceparent` names. It tells of patterns of routes, never of
 * addresses: these may hold ids, words that were searched for, and secrets.
 */
export function traceRequests(app: FastifyInstance, { api, tracer, current, parseTraceParent }: RequestTracing): void {
  const spans = new WeakMap<FastifyRequest, Api.Span>()

  function parentOf({ headers: { traceparent } }: FastifyRequest): Api.Context {
    const parent = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null
    return parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, { ...parent, isRemote: true }) : api.ROOT_CONTEXT
  }

  app.addHook('onRequest', (request, reply, done) => {
    const route = request.is404 ? undefined : request.routeOptions.url
    const attributes = {
      'http.request.method': request.method,
      'url.scheme': request.protocol,
      'taskwell.request_id': request.id,
      ...(route !== undefined && { 'http.route': route }),
    }
    const name = route === undefined ? request.method : `${request.method} ${route}`
    const span = tracer.startSpan(name, { kind: api.SpanKind.SERVER, attributes }, parentOf(request))
    spans.set(request, span)
    reply.raw.once('close', () => {
      const { statusCode } = reply.raw
      span.setAttribute('http.response.status_code', statusCode)
      if (statusCode >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR })
      span.end()
    })
    current.run(span, done)
  })

  // A body is read on behalf of the connection, and with it the request would be forgotten.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)
    if (span) current.run(span, done)
    else done()
  })
}
