import BetterSqlite3 from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { createGroupCommit, type GroupCommit, type Member } from './group-commit.ts'
import { createWriteStop, type WriteStop } from './write-stop.ts'

/** One SQLite file, opened for its lifetime: how durable its commits are is decided here. */
export interface SqliteOptions {
  readonly file: string
  readonly synchronous: 'full' | 'normal'
  readonly writeStop?: WriteStop
  /** Sees each statement of the writer before it runs; a test throws there what a disk would. */
  readonly beforeWrite?: (text: string) => void
}

export interface SqliteDialect extends Dialect {
  /** A number that changes with every commit to the file; undefined before the first statement. */
  committedVersion(): number | undefined
}

/**
 * Kysely's dialect for an embedded SQLite file. It differs from the stock one in four ways: prepared statements are
 * kept, transactions begin immediately and are committed in groups, DDL is part of the transaction, and reads outside a transaction go to a
 * connection of their own, so they see committed rows only and never wait for a writer.
 */
export function sqliteDialect(options: SqliteOptions): SqliteDialect {
  let reader: Statements | undefined
  return {
    // The connection that reads sees every commit as somebody else's.
    committedVersion: () => reader?.version(),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => createDriver(options, (opened) => void (reader = opened)),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }

  /** Without this Kysely would let one query in at a time, reads behind transactions. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

function createDriver(options: SqliteOptions, onReader: (reader: Statements | undefined) => void): Driver {
  const { writeStop = createWriteStop(), beforeWrite } = options
  let writer: Statements
  let reader: Statements
  let commits: GroupCommit
  const members = new WeakMap<DatabaseConnection, Member>()

  function connect(): DatabaseConnection {
    const connection: DatabaseConnection = {
      async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
        const member = members.get(connection)
        if (member) return member.run(() => writer.run<R>(query))
        if (query.query.kind === 'SelectQueryNode') return reader.run<R>(query)
        if (writer.isWriting(query)) writeStop.refuse()
        if (!changesRows.has(query.query.kind)) return commits.alone(() => writer.run<R>(query))
        return writeOnce<R>(query)
      },
      streamQuery() {
        throw new Error('Streaming is not supported on SQLite: page through the rows instead')
      },
    }
    return connection
  }

  async function writeOnce<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const member = await commits.join()
    let result: QueryResult<R>
    try {
      result = member.run(() => writer.run<R>(query))
    } catch (error) {
      await member.rollback()
      throw error
    }
    await member.commit()
    return result
  }

  return {
    async init() {
      writer = watched(openStatements(options), writeStop, beforeWrite)
      // What a savepoint needs for going back would otherwise be written to a file as soon as it is over 64 KB.
      writer.run(CompiledQuery.raw('pragma temp_store = memory'))
      reader = watched(openStatements(options), writeStop)
      onReader(reader)
      commits = createGroupCommit({
        begin: () => {
          writeStop.refuse()
          writer.run(CompiledQuery.raw('begin immediate'))
        },
        run: (command) => void writer.run(CompiledQuery.raw(command)),
        inTransaction: () => writer.inTransaction(),
      })
    },
    async acquireConnection() {
      return connect()
    },
    async beginTransaction(connection) {
      members.set(connection, await commits.join())
    },
    async commitTransaction(connection) {
      const member = members.get(connection)
      // When it fails, Kysely asks for a rollback of what is gone.
      members.delete(connection)
      await member?.commit()
    },
    async rollbackTransaction(connection) {
      const member = members.get(connection)
      members.delete(connection)
      await member?.rollback()
    },
    async releaseConnection() {},
    async destroy() {
      onReader(undefined)
      reader?.close()
      writer?.close()
    },
  }
}

/** What may share a transaction with others; everything else, such as a pragma, runs by itself. */
const changesRows = new Set(['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'])

function watched(statements: Statements, writeStop: WriteStop, before?: SqliteOptions['beforeWrite']): Statements {
  return {
    ...statements,
    run: (query) =>
      writeStop.watch(() => {
        before?.(query.sql)
        return statements.run(query)
      }),
  }
}

interface Statements {
  run<R>(query: CompiledQuery): QueryResult<R>
  /** Whether the statement may change the file. */
  isWriting(query: CompiledQuery): boolean
  inTransaction(): boolean
  /** Changes with every commit of another connection. */
  version(): number
  close(): void
}

const keptStatements = 500

function openStatements(options: SqliteOptions): Statements {
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
function setPragmas(database: BetterSqlite3.Database, options: SqliteOptions): void {
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
