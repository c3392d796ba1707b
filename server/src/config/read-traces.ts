import { ConfigError } from './config-error.ts'

export interface TraceSettings {
  /** Of an OpenTelemetry collector that takes OTLP over HTTP. */
  readonly endpoint: string
  /** Of the requests that come without a decision of the caller's, from 0 to 1. */
  readonly share: number
}

export function readTraces(read: (name: string) => string | undefined): TraceSettings | undefined {
  const endpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT')
  if (endpoint !== undefined && !isEndpoint(URL.parse(endpoint))) {
    throw new ConfigError('OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://otel:4318, without a user')
  }
  const share = read('OTEL_TRACES_SAMPLER_ARG') ?? '1'
  if (!/^(0|1|0?\.\d+|1\.0+)$/.test(share)) {
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, such as 0.1')
  }
  return endpoint === undefined ? undefined : { endpoint, share: Number(share) }
}

function isEndpoint(url: URL | null): boolean {
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
