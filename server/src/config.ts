import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import type { DatabaseConfig } from './database/open.ts'
import type { LimitSettings } from './limits/index.ts'

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
  /** Undefined means that mails are written to the log. */
  readonly smtp: { readonly url: string; readonly from: string } | undefined
  readonly emailVerification: 'required' | 'optional'
  readonly registration: 'open' | 'closed'
  readonly corsOrigins: readonly string[]
  /** Addresses or CIDRs of proxies whose `X-Forwarded-*` headers count. */
  readonly trustProxy: readonly string[]
  /** Where copies of the store are made by themselves; undefined means nowhere. */
  readonly backups: BackupSettings | undefined
  /** Whether PostgreSQL may lose commits that it has confirmed. */
  readonly allowUnsafePostgres: boolean
  readonly redisUrl: string | undefined
  readonly metrics: boolean
  /** What a reader of the metrics that is not on a private address must show. */
  readonly metricsToken: string | undefined
  readonly logFormat: 'json' | 'text' | undefined
  /** How many live sessions a user may have. */
  readonly sessionsAUser: number
  /** Undefined when they are off. */
  readonly limits: LimitSettings | undefined
  readonly logLevel: (typeof logLevels)[number]
  /** Settings that are right and that this version has no use for yet. */
  readonly withoutEffect: readonly string[]
  readonly production: boolean
}

export interface BackupSettings {
  readonly folder: string
  /** In milliseconds. */
  readonly every: number
  /** How many are kept. */
  readonly keep: number
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
  const smtp = readSmtp(read('SMTP_URL'), read('MAIL_FROM'))
  const production = read('NODE_ENV') === 'production'
  const dataDir = resolve(read('DATA_DIR') ?? './data')
  const config: Config = {
    host: read('HOST') ?? '127.0.0.1',
    port: readPort(read('PORT')),
    baseUrl: readOrigin('BASE_URL', read('BASE_URL')),
    dataDir,
    database: readDatabase(read('DATABASE_URL'), dataDir, choose('SQLITE_SYNCHRONOUS', ['full', 'normal'], 'full')),
    authSecret: readSecret(read('AUTH_SECRET')),
    smtp,
    emailVerification: choose('EMAIL_VERIFICATION', ['required', 'optional'], smtp ? 'required' : 'optional'),
    registration: choose('REGISTRATION', ['open', 'closed'], 'open'),
    corsOrigins: readList(read('CORS_ORIGINS')).map((origin) => readOrigin('CORS_ORIGINS', origin) ?? origin),
    trustProxy: readList(read('TRUST_PROXY')).map(readCidr),
    sessionsAUser: readNumber('LIMIT_SESSIONS', read('LIMIT_SESSIONS'), 50),
    limits: readLimits(read, choose('LIMITS', ['on', 'off'], 'on')),
    backups: readBackups(read),
    allowUnsafePostgres: choose('ALLOW_UNSAFE_POSTGRES', ['on', 'off'], 'off') === 'on',
    redisUrl: readUrl('REDIS_URL', read('REDIS_URL'), ['redis:', 'rediss:']),
    metrics: choose('METRICS', ['on', 'off'], 'off') === 'on',
    metricsToken: readMetricsToken(read('METRICS_TOKEN')),
    logFormat: read('LOG_FORMAT') === undefined ? undefined : choose('LOG_FORMAT', ['json', 'text'], 'json'),
    logLevel: choose('LOG_LEVEL', logLevels, 'info'),
    withoutEffect: ['REDIS_URL'].filter((name) => read(name) !== undefined),
    production,
  }
  if (production && config.database.kind === 'postgres' && config.authSecret === undefined) {
    throw new ConfigError(
      'AUTH_SECRET is needed with PostgreSQL when NODE_ENV is production: set 32 random characters or more',
    )
  }
  return config
}

function readBackups(read: (name: string) => string | undefined): BackupSettings | undefined {
  const folder = read('BACKUP_DIR')
  const [, count = '', unit = ''] = /^([1-9]\d{0,3})([mhd])$/.exec(read('BACKUP_EVERY') ?? '24h') ?? []
  const every = Number(count) * (unit === 'm' ? 60_000 : unit === 'h' ? 3_600_000 : 86_400_000)
  if (count === '' || every > longestTimer)
    throw new ConfigError('BACKUP_EVERY must be such as 30m, 24h or 7d, up to 24d')
  const keep = read('BACKUP_KEEP') ?? '7'
  if (!/^[1-9]\d{0,3}$/.test(keep)) throw new ConfigError('BACKUP_KEEP must be a number from 1 to 9999')
  if (folder !== undefined) return { folder: resolve(folder), every, keep: Number(keep) }
  const vain = ['BACKUP_EVERY', 'BACKUP_KEEP'].find((name) => read(name) !== undefined)
  if (vain !== undefined) throw new ConfigError(`${vain} needs BACKUP_DIR: name the folder for the backups`)
  return undefined
}

/** What a timer of Node can wait, in milliseconds. */
const longestTimer = 2_147_483_647

function readMetricsToken(value: string | undefined): string | undefined {
  if (value !== undefined && !/^[\x21-\x7e]{16,}$/.test(value)) {
    throw new ConfigError('METRICS_TOKEN must have at least 16 characters, without spaces')
  }
  return value
}

/** All are judged, even when they are off. */
function readLimits(read: (name: string) => string | undefined, state: 'on' | 'off'): LimitSettings | undefined {
  const readLimit = (name: string, fallback: number): number => readNumber(name, read(name), fallback)
  const limits: LimitSettings = {
    reads: readLimit('LIMIT_READS', 600),
    writes: readLimit('LIMIT_WRITES', 240),
    logins: readLimit('LIMIT_LOGINS', 10),
    loginsAddress: readLimit('LIMIT_LOGINS_IP', 30),
    registrations: readLimit('LIMIT_REGISTRATIONS', 10),
    mails: readLimit('LIMIT_MAILS', 3),
    sockets: readLimit('LIMIT_SOCKETS', 20),
    tasks: readLimit('LIMIT_TASKS', 250_000),
  }
  return state === 'on' ? limits : undefined
}

function readNumber(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new ConfigError(`${name} must be a number from 1 to 999999999`)
  return Number(value)
}

function readSmtp(address: string | undefined, from: string | undefined): Config['smtp'] {
  const url = readUrl('SMTP_URL', address, ['smtp:', 'smtps:'])
  if (from !== undefined && !sender.test(from))
    throw new ConfigError('MAIL_FROM must be an address such as Taskwell <tasks@example.org>')
  if (url === undefined) return undefined
  if (from === undefined) throw new ConfigError('MAIL_FROM is needed with SMTP_URL')
  return { url, from }
}

const sender = /^(?:[^<>@,;\p{Cc}]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/u

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

/** Reads the address of a store. @throws {ConfigError} that names what it came from, and never its value */
export function readDatabaseUrl(name: string, value: string, synchronous: 'full' | 'normal' = 'full'): DatabaseConfig {
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return { kind: 'postgres', url: value }
  const file = /^file:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(value)?.[1]
  if (file === undefined) throw new ConfigError(`${name} must begin with postgres:// or file:`)
  return { kind: 'sqlite', file: resolve(file), synchronous }
}

function readDatabase(value: string | undefined, dataDir: string, synchronous: 'full' | 'normal'): DatabaseConfig {
  if (value === undefined) return { kind: 'sqlite', file: join(dataDir, 'taskwell.db'), synchronous }
  return readDatabaseUrl('DATABASE_URL', value, synchronous)
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
