import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import type { DatabaseConfig } from './database/open.ts'

export interface Config {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** The public origin; undefined means `http://localhost:` and the port that was taken. */
  readonly baseUrl: string | undefined
  readonly dataDir: string
  readonly database: DatabaseConfig
  /** Undefined means the one kept in `dataDir`. */
  readonly authSecret: string | undefined
  readonly emailVerification: 'required' | 'optional'
  readonly registration: 'open' | 'closed'
  readonly corsOrigins: readonly string[]
  /** Addresses or CIDRs of proxies whose `X-Forwarded-*` headers count. */
  readonly trustProxy: readonly string[]
  /** How many live sessions a user may have. */
  readonly sessionsAUser: number
  readonly logLevel: (typeof logLevels)[number]
  /** Settings that are right and that this version has no use for yet. */
  readonly withoutEffect: readonly string[]
  readonly production: boolean
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A setting that cannot be used. The message names the variable and never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads all settings from the environment. @throws {ConfigError} at the first that is missing, wrong or contradictory. */
export function readConfig(environment: Environment = process.env): Config {
  // An empty variable counts as unset, as compose files write it.
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined
  const choose = <const T extends readonly string[]>(name: string, choices: T, fallback: T[number]): T[number] => {
    const value = read(name) ?? fallback
    if (!choices.includes(value)) throw new ConfigError(`${name} must be one of: ${choices.join(', ')}`)
    return value
  }
  const smtpUrl = readUrl('SMTP_URL', read('SMTP_URL'), ['smtp:', 'smtps:'])
  if (smtpUrl !== undefined && read('MAIL_FROM') === undefined)
    throw new ConfigError('MAIL_FROM is needed with SMTP_URL')
  const production = read('NODE_ENV') === 'production'
  const dataDir = resolve(read('DATA_DIR') ?? './data')
  const config: Config = {
    host: read('HOST') ?? '127.0.0.1',
    port: readPort(read('PORT')),
    baseUrl: readOrigin('BASE_URL', read('BASE_URL')),
    dataDir,
    database: readDatabase(read('DATABASE_URL'), dataDir, choose('SQLITE_SYNCHRONOUS', ['full', 'normal'], 'full')),
    authSecret: readSecret(read('AUTH_SECRET')),
    emailVerification: choose('EMAIL_VERIFICATION', ['required', 'optional'], smtpUrl ? 'required' : 'optional'),
    registration: choose('REGISTRATION', ['open', 'closed'], 'open'),
    corsOrigins: readList(read('CORS_ORIGINS')).map((origin) => readOrigin('CORS_ORIGINS', origin) ?? origin),
    trustProxy: readList(read('TRUST_PROXY')).map(readCidr),
    sessionsAUser: readLimit('LIMIT_SESSIONS', read('LIMIT_SESSIONS')) ?? 50,
    logLevel: choose('LOG_LEVEL', logLevels, 'info'),
    withoutEffect: ['SMTP_URL', 'MAIL_FROM', ...readUpcoming(read, choose)].filter((name) => read(name) !== undefined),
    production,
  }
  if (production && config.database.kind === 'postgres' && config.authSecret === undefined) {
    throw new ConfigError(
      'AUTH_SECRET is needed with PostgreSQL when NODE_ENV is production: set 32 random characters or more',
    )
  }
  return config
}

const limits = ['READS', 'WRITES', 'LOGINS', 'LOGINS_IP', 'REGISTRATIONS', 'MAILS', 'SOCKETS', 'TASKS']

/** Judges the settings of the contract that come into effect with later versions, and names them. */
function readUpcoming(
  read: (name: string) => string | undefined,
  choose: (name: string, choices: readonly string[], fallback: string) => string,
): string[] {
  readUrl('REDIS_URL', read('REDIS_URL'), ['redis:', 'rediss:'])
  choose('LIMITS', ['on', 'off'], 'on')
  choose('METRICS', ['on', 'off'], 'off')
  const names = limits.map((name) => `LIMIT_${name}`)
  for (const name of names) readLimit(name, read(name))
  return ['REDIS_URL', 'LIMITS', 'METRICS', ...names]
}

function readLimit(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new ConfigError(`${name} must be a number from 1 to 999999999`)
  return Number(value)
}

function readUrl(name: string, value: string | undefined, protocols: readonly string[]): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url && url.hostname !== '' && protocols.includes(url.protocol)) return value
  throw new ConfigError(
    `${name} must begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')} and name a host`,
  )
}

function readPort(value: string | undefined): number {
  if (value === undefined) return 3000
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65_535)) throw new ConfigError('PORT must be a number from 0 to 65535')
  return port
}

function readOrigin(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  const plain =
    url && !url.username && !url.password && !url.search && !url.hash && !value.includes('?') && !value.includes('#')
  if (!plain || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${name} must be an origin such as https://tasks.example.org`)
  }
  if (url.pathname !== '/')
    throw new ConfigError(`${name} must be an origin without a path, such as https://tasks.example.org`)
  return url.origin
}

function readDatabase(value: string | undefined, dataDir: string, synchronous: 'full' | 'normal'): DatabaseConfig {
  if (value === undefined) return { kind: 'sqlite', file: join(dataDir, 'taskwell.db'), synchronous }
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return { kind: 'postgres', url: value }
  const file = /^file:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(value)?.[1]
  if (file === undefined) throw new ConfigError('DATABASE_URL must begin with postgres:// or file:')
  return { kind: 'sqlite', file: resolve(file), synchronous }
}

function readSecret(value: string | undefined): string | undefined {
  if (value !== undefined && value.length < 32) throw new ConfigError('AUTH_SECRET must have at least 32 characters')
  return value
}

function readList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function readCidr(value: string): string {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  const widest = version === 6 ? 128 : 32
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= widest)
  if (version === 0 || !fits || rest.length > 0) {
    throw new ConfigError('TRUST_PROXY must list addresses or CIDRs of proxies, such as 10.0.0.0/8')
  }
  return value
}
