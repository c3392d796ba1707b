import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { type CompiledQuery, Kysely, type LogEvent, PostgresAdapter, PostgresDialect } from 'kysely'
import { createFolder, databaseFolder } from '../create-folder.ts'
import type pg from 'pg'
import { createGate, type Gate } from './gate.ts'
import { nameStatements } from './named-statements.ts'
import type { Schema } from './schema.ts'
import { type SqliteDialect, sqliteDialect } from './sqlite-dialect.ts'
import { createWriteStop, type WriteStop } from './write-stop.ts'

/** The store: the pool or file itself, or a transaction on it. */
export type Database = Kysely<Schema>

export type DatabaseKind = 'sqlite' | 'postgres'

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly file: string; readonly synchronous: 'full' | 'normal' }
  | { readonly kind: 'postgres'; readonly url: string }

/** Opens the store; the caller ends it with `db.destroy()`. `onStatement` hears of each statement after it has run. */
export function openDatabase(config: DatabaseConfig, onStatement?: (event: LogEvent) => void): Database {
  const watched = onStatement && { log: onStatement }
  if (config.kind === 'postgres') return openPostgres(config.url, watched)
  createFolder(dirname(config.file), databaseFolder)
  const writeStop = createWriteStop()
  const dialect = sqliteDialect({ ...config, writeStop })
  const db: Database = new Kysely({ dialect, ...watched })
  versions.set(db, dialect.committedVersion)
  if (!watched) readers.set(db, dialect.read)
  writeStops.set(db, writeStop)
  return db
}

const versions = new WeakMap<Database, () => number | undefined>()

/**
 * A number that changes with every commit to the store, whoever makes it. Undefined where there is none: on PostgreSQL,
 * in a transaction, and before the first statement.
 */
export function committedVersion(db: Database): number | undefined {
  return versions.get(db)?.()
}

const readers = new WeakMap<Database, SqliteDialect['read']>()

/**
 * The rows of a reading statement without the way through Kysely, which takes longer than the statement. Undefined where
 * there is no other way: on PostgreSQL, in a transaction, with traces, and before the first statement.
 */
export function readAtOnce<R>(db: Database, query: CompiledQuery): readonly R[] | undefined {
  return query.query.kind === 'SelectQueryNode' ? readers.get(db)?.(query) : undefined
}

const writeStops = new WeakMap<Database, WriteStop>()

/** Whether nothing is written any more, since the disk has failed or the file is damaged; on SQLite. */
export function hasStoppedWriting(db: Database): boolean {
  return writeStops.get(db)?.hasStopped() ?? false
}

/** Is told, once, what has ended all writing; on SQLite. Not every caller tells of an error that it meets. */
export function onWriteStop(db: Database, tell: (cause: unknown) => void): void {
  writeStops.get(db)?.onStop(tell)
}

/** Which of the two databases a handle speaks to, transactions included. */
export function databaseKind(db: Database): DatabaseKind {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite'
}

/** Connections a process takes; a request that gets none within `connectionTimeoutMillis` is answered 503. */
const poolSize = 10

/** Nobody waits for ever: times in milliseconds. Migrations and copies lift them for themselves. */
const sessionSettings = Object.entries({
  timezone: 'UTC',
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 60_000,
})
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

const pools = new WeakMap<Database, { pool: pg.Pool; gate: Gate }>()

/** How many connections there are, how many of them have nothing to do, and how much waits for one; on PostgreSQL. */
export function poolUse(db: Database): { total: number; idle: number; waiting: number } | undefined {
  const pool = pools.get(db)?.pool
  return pool && { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
}

/**
 * Ends the wait of everybody for a PostgreSQL that hangs, and lets nobody else wait for it until it can be reached again.
 * They hear the same as when it goes away.
 */
export function setReachable(db: Database, isReachable: boolean): void {
  const gate = pools.get(db)?.gate
  if (isReachable) gate?.open()
  else gate?.close()
}

function openPostgres(url: string, watched: { log: (event: LogEvent) => void } | undefined): Database {
  const { Pool, types } = loadDriver()
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 4_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    options: sessionSettings,
    types: { getTypeParser: typeParsers(types) },
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  // One that breaks in use fails its query, and says so once more as an event.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('connect', nameStatements)
  const gate = createGate(pool)
  const db: Database = new Kysely({ dialect: new PostgresDialect({ pool: gate.pool }), ...watched })
  pools.set(db, { pool, gate })
  return db
}

/** Loaded only where there is a PostgreSQL: on SQLite the server starts sooner, and is smaller, without it. */
function loadDriver(): typeof pg {
  return createRequire(import.meta.url)('pg')
}

/** Counts and revisions are bigint there and stay far below 2^53; timestamps must remain Date objects. */
function typeParsers(types: typeof pg.types): typeof pg.types.getTypeParser {
  return (type: number, format?: 'text' | 'binary') => {
    if (type === types.builtins.INT8) return Number
    return format === 'binary' ? types.getTypeParser(type, 'binary') : types.getTypeParser(type)
  }
}
