import BetterSqlite3 from 'better-sqlite3'
import type { CompiledQuery, QueryResult } from 'kysely'

/** One SQLite file, opened for its lifetime: how durable its commits are is decided here. */
export interface SqliteFile {
  readonly file: string
  readonly synchronous: 'full' | 'normal'
}

/** A connection to the file, with the statements that it has prepared. */
export interface Statements {
  run<R>(query: CompiledQuery): QueryResult<R>
  /** Whether the statement may change the file. */
  isWriting(query: CompiledQuery): boolean
  inTransaction(): boolean
  /** Changes with every commit of another connection. */
  version(): number
  close(): void
}

const keptStatements = 500

export function openStatements(options: SqliteFile): Statements {
  const database = new BetterSqlite3(options.file)
  setPragmas(database, options)
  const statements = new Map<string, BetterSqlite3.Statement>()
  const dataVersion = database.prepare<[], number>('pragma data_version').pluck()

  function prepare(text: string): BetterSqlite3.Statement {
    const kept = statements.get(text)
    if (kept) {
      statements.delete(text)
      statements.set(text, kept)
      return kept
    }
    const statement = database.prepare(text)
    statements.set(text, statement)
    if (statements.size > keptStatements) {
      const [oldest] = statements.keys()
      if (oldest !== undefined) statements.delete(oldest)
    }
    return statement
  }

  return {
    run<R>(query: CompiledQuery): QueryResult<R> {
      const statement = prepare(query.sql)
      const parameters = query.parameters.map(toSqlite)
      if (statement.reader) return { rows: rowsOf<R>(statement.all(parameters)) }
      const { changes } = statement.run(parameters)
      return { rows: [], numAffectedRows: BigInt(changes) }
    },
    isWriting: (query) => !prepare(query.sql).readonly,
    inTransaction: () => database.inTransaction,
    version: () => dataVersion.get() ?? 0,
    close: () => database.close(),
  }
}

/** The driver cannot know what a query selects; Kysely's types do. */
function rowsOf<R>(rows: unknown[]): R[] {
  return rows as R[]
}

function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return value
}

const synchronousLevels = { normal: 1, full: 2 }

/** Sets what durability and integrity rest on, and reads it back: a build of SQLite may have other defaults. */
function setPragmas(database: BetterSqlite3.Database, options: SqliteFile): void {
  const wanted = {
    busy_timeout: 5000,
    journal_mode: 'wal',
    synchronous: synchronousLevels[options.synchronous],
    foreign_keys: 1,
    // What was deleted is overwritten, so that no text outlives its task or account in a free page.
    secure_delete: 1,
  }
  for (const [pragma, value] of Object.entries(wanted)) {
    database.pragma(`${pragma} = ${value}`)
    const actual = database.pragma(pragma, { simple: true })
    if (actual !== value) throw new Error(`SQLite did not accept ${pragma} = ${value}: it is ${String(actual)}`)
  }
}
