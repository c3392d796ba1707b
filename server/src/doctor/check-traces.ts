import { type Check, findings } from './finding.ts'

const { ok, wrong } = findings('traces')
const patience = 5_000

export const checkTraces: Check = {
  name: 'traces',
  examine: async ({ config: { traces } }) => {
    if (traces === undefined) return []
    try {
      const reply = await fetch(`${traces.endpoint.replace(/\/$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"resourceSpans":[]}',
        signal: AbortSignal.timeout(patience),
      })
      // Headers that it wants are left to the exporter.
      if (reply.ok || [401, 403].includes(reply.status)) return [ok('the collector answers')]
      return [
        wrong(`the collector answers ${reply.status}: check that OTEL_EXPORTER_OTLP_ENDPOINT takes OTLP over HTTP`),
      ]
    } catch {
      return [wrong('the collector does not answer: check that it runs where OTEL_EXPORTER_OTLP_ENDPOINT says')]
    }
  },
}
