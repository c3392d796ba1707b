import { ConfigError } from './config-error.ts'

export function readSecret(value: string | undefined): string | undefined {
  if (value !== undefined && value.length < 32) throw new ConfigError('AUTH_SECRET must have at least 32 characters')
  return value
}

export function readMetricsToken(value: string | undefined): string | undefined {
  if (value !== undefined && !/^[\x21-\x7e]{16,}$/.test(value)) {
    throw new ConfigError('METRICS_TOKEN must have at least 16 characters, without spaces')
  }
  return value
}
