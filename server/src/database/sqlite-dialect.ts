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
import { openStatements, type SqliteFile, type Statements } from './sqlite-statements.ts'
import { createWriteStop, type WriteStop } from './write-stop.ts'

export interface SqliteOptions extends SqliteFile {
  readonly writeStop?: WriteStop
  /** Sees each statement of the writer before it runs; a test throws there what a disk would. */
  readonly beforeWrite?: (text: string) => void
}

/**
 * Kysely's dialect for an embedded SQLite file. It differs from the stock one in four ways: prepared statements are
 * kept, transactions begin immediately, DDL is part of the transaction, and reads outside a transaction go to a
 * connection of their own, so they see committed rows only and never wait for a writer.
 */
export function sqliteDialect(options: SqliteOptions): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => createDriver(options),
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

function createDriver(options: SqliteOptions): Driver {
  const { writeStop = createWriteStop(), beforeWrite } = options
  let writer: Statements
  let reader: Statements
  const turns = createTurns()
  const claimed = new WeakMap<DatabaseConnection, () => void>()

  function connect(): DatabaseConnection {
    const connection: DatabaseConnection = {
      async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
        if (claimed.has(connection)) return writer.run<R>(query)
        if (query.query.kind === 'SelectQueryNode') return reader.run<R>(query)
        const done = await turns.take()
        try {
          if (writer.isWriting(query)) writeStop.refuse()
          return writer.run<R>(query)
        } finally {
          done()
        }
      },
      streamQuery() {
        throw new Error('Streaming is not supported on SQLite: page through the rows instead')
      },
    }
    return connection
  }

  async function end(connection: DatabaseConnection, command: 'commit' | 'rollback'): Promise<void> {
    const done = claimed.get(connection)
    try {
      // SQLite may have rolled back by itself (disk full); a second rollback would hide the first error.
      if (writer.inTransaction() || command === 'commit') writer.run(CompiledQuery.raw(command))
    } finally {
      if (command === 'rollback' || !writer.inTransaction()) {
        claimed.delete(connection)
        done?.()
      }
    }
  }

  return {
    async init() {
      writer = watched(openStatements(options), writeStop, beforeWrite)
      reader = watched(openStatements(options), writeStop)
    },
    async acquireConnection() {
      return connect()
    },
    async beginTransaction(connection) {
      const done = await turns.take()
      try {
        writeStop.refuse()
        writer.run(CompiledQuery.raw('begin immediate'))
        claimed.set(connection, done)
      } catch (error) {
        done()
        throw error
      }
    },
    commitTransaction: (connection) => end(connection, 'commit'),
    rollbackTransaction: (connection) => end(connection, 'rollback'),
    async releaseConnection() {},
    async destroy() {
      reader?.close()
      writer?.close()
    },
  }
}

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

/** A queue of one: each holder gets its turn after the one before has called the function that it was given. */
function createTurns(): { take(): Promise<() => void> } {
  let last: Promise<void> = Promise.resolve()
  return {
    async take() {
      const before = last
      let finish: () => void = () => {}
      last = new Promise((resolve) => {
        finish = resolve
      })
      await before
      return finish
    },
  }
}
