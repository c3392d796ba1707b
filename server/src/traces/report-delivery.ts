import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../context.ts'

/** The same exporter, which says once when it fails and once when it works again. Traces that fail are lost. */
export function reportDelivery(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const { error } = result
        if (error && !isFailing)
          log.warn({ err: error }, 'traces cannot be delivered: check OTEL_EXPORTER_OTLP_ENDPOINT')
        if (!error && isFailing) log.info('traces are delivered again')
        isFailing = error !== undefined
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
  }
}
