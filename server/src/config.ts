import { resolve } from 'node:path'
import { ConfigError } from './config/config-error.ts'
import { readCidr, readList, readOrigin, readUrl } from './config/read-addresses.ts'
import { type BackupSettings, readBackups } from './config/read-backups.ts'
import { readDatabase } from './config/read-database.ts'
import { readLimits } from './config/read-limits.ts'
import { readNumber, readPort } from './config/read-number.ts'
import { readMetricsToken, readSecret } from './config/read-secrets.ts'
import { readSmtp, type SmtpSettings } from './config/read-smtp.ts'
import { readTraces, type TraceSettings } from './config/read-traces.ts'
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
  readonly smtp: SmtpSettings | undefined
  readonly emailVerification: 'required' | 'optional'
  readonly registration: 'open' | 'closed'
  readonly corsOrigins: readonly string[]
  /** Addresses or CIDRs of proxies whose `X-Forwarded-*` headers count. */
  readonly trustProxy: readonly string[]
  /** Where copies of the store are made by themselves; undefined means nowhere. */
  readonly backups: BackupSettings | undefined
  /** Whether PostgreSQL may lose commits that it has confirmed. */
  readonly allowUnsafePostgres: boolean
  /** What servers on one database share beside it; undefined for one server. */
  readonly redisUrl: string | undefined
  readonly metrics: boolean
  /** What a reader of the metrics that is not on a private address must show. */
  readonly metricsToken: string | undefined
  /** Undefined when nobody is told of requests. */
  readonly traces: TraceSettings | undefined
  readonly logFormat: 'json' | 'text' | undefined
  /** How many live sessions a user may have. */
  readonly sessionsAUser: number
  /** Undefined when they are off. */
  readonly limits: LimitSettings | undefined
  readonly logLevel: (typeof logLevels)[number]
  readonly production: boolean
}

export { ConfigError } from './config/config-error.ts'
export type { BackupSettings } from './config/read-backups.ts'
export { readDatabaseUrl } from './config/read-database.ts'
export type { TraceSettings } from './config/read-traces.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

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
    traces: readTraces(read),
    logFormat: read('LOG_FORMAT') === undefined ? undefined : choose('LOG_FORMAT', ['json', 'text'], 'json'),
    logLevel: choose('LOG_LEVEL', logLevels, 'info'),
    production,
  }
  if (production && config.database.kind === 'postgres' && config.authSecret === undefined) {
    throw new ConfigError(
      'AUTH_SECRET is needed with PostgreSQL when NODE_ENV is production: set 32 random characters or more',
    )
  }
  return config
}
