import type * as Api from '@opentelemetry/api'
import type { LogEvent } from 'kysely'
import type { DatabaseKind } from '../database/open.ts'

export interface StatementTracing {
  readonly api: typeof Api
  readonly tracer: Api.Tracer
  readonly kind: DatabaseKind
  /** Undefined for what is done beside the requests: that is not told. */
  readonly request: Api.Span | undefined
}

/** A span for a statement that has just run. It tells the text with places for the values, never the values. */
export function traceStatement(event: LogEvent, { api, tracer, kind, request }: StatementTracing): void {
  if (!request?.isRecording()) return
  const { sql } = event.query
  const operation = (/^\s*(\w+)/.exec(sql)?.[1] ?? 'other').toUpperCase()
  const span = tracer.startSpan(
    operation,
    {
      kind: api.SpanKind.CLIENT,
      startTime: Date.now() - event.queryDurationMillis,
      attributes: {
        'db.system.name': kind === 'postgres' ? 'postgresql' : 'sqlite',
        'db.operation.name': operation,
        'db.query.text': sql,
      },
    },
    api.trace.setSpan(api.ROOT_CONTEXT, request),
  )
  if (event.level === 'error') {
    // Messages of a database repeat values.
    span.setAttribute('error.type', codeOf(event.error))
    span.setStatus({ code: api.SpanStatusCode.ERROR })
  }
  span.end()
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown'
}
