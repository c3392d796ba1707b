import { AsyncLocalStorage } from 'node:async_hooks'
import type { Span } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { LogEvent } from 'kysely'
import type { TraceSettings } from '../config.ts'
import type { Log } from '../context.ts'
import type { DatabaseKind } from '../database/open.ts'
import { version } from '../version.ts'
import { withinTime } from '../within-time.ts'
import { reportDelivery } from './report-delivery.ts'
import { traceRequests } from './trace-requests.ts'
import { traceStatement } from './trace-statement.ts'

/** Tells an OpenTelemetry collector of requests, and of the statements on the database that they caused. */
export interface Traces {
  /** Traces the requests of an app; called before it has any hook. */
  follow(app: FastifyInstance): void
  /** Hears of each statement after it has run. */
  onStatement(event: LogEvent): void
  /** Delivers what is left. */
  stop(): Promise<void>
}

export interface TraceOptions extends TraceSettings {
  readonly kind: DatabaseKind
  readonly log: Log
}

/** For the last delivery, in milliseconds. */
const patience = 1_000

/**
 * Loads what traces need, which nobody else has to pay for. Nothing is registered globally, so that libraries which
 * know OpenTelemetry add nothing of their own: what they tell is not ours to judge.
 */
export async function startTraces({ endpoint, share, kind, log }: TraceOptions): Promise<Traces> {
  const api = await import('@opentelemetry/api')
  const { parseTraceParent } = await import('@opentelemetry/core')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources')
  const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } =
    await import('@opentelemetry/sdk-trace')
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, so that they decide.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'taskwell', 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: reportDelivery(exporter, log) })],
  })
  const tracer = provider.getTracer('taskwell', version)
  const current = new AsyncLocalStorage<Span>()
  return {
    follow: (app) => traceRequests(app, { api, tracer, current, parseTraceParent }),
    onStatement: (event) => traceStatement(event, { api, tracer, kind, request: current.getStore() }),
    stop: () => withinTime(provider.shutdown(), patience, 'The collector does not answer').catch(() => {}),
  }
}
