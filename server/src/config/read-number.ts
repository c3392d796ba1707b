import { ConfigError } from './config-error.ts'

export function readNumber(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new ConfigError(`${name} must be a number from 1 to 999999999`)
  return Number(value)
}

export function readPort(value: string | undefined): number {
  if (value === undefined) return 3000
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65_535)) throw new ConfigError('PORT must be a number from 0 to 65535')
  return port
}
