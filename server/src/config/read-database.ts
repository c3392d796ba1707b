import { join, resolve } from 'node:path'
import type { DatabaseConfig } from '../database/open.ts'
import { ConfigError } from './config-error.ts'

/** Reads the address of a store. @throws {ConfigError} that names what it came from, and never its value */
export function readDatabaseUrl(name: string, value: string, synchronous: 'full' | 'normal' = 'full'): DatabaseConfig {
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return { kind: 'postgres', url: value }
  const file = /^file:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(value)?.[1]
  if (file === undefined) throw new ConfigError(`${name} must begin with postgres:// or file:`)
  return { kind: 'sqlite', file: resolve(file), synchronous }
}

export function readDatabase(
  value: string | undefined,
  dataDir: string,
  synchronous: 'full' | 'normal',
): DatabaseConfig {
  if (value === undefined) return { kind: 'sqlite', file: join(dataDir, 'taskwell.db'), synchronous }
  return readDatabaseUrl('DATABASE_URL', value, synchronous)
}
