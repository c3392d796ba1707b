import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
} from 'kysely'
import { createGroupCommit, type GroupCommit, type Member } from './group-commit.ts'
import { PlanOnceCompiler } from './sqlite-compiler.ts'
import { openStatements, type SqliteFile, type Statements } from './sqlite-statements.ts'
import { whenFree } from './when-free.ts'
import { createWriteStop, type WriteStop } from './write-stop.ts'

export interface SqliteOptions extends SqliteFile {
  readonly writeStop?: WriteStop
  /** Sees each statement of the writer before it runs; a test throws there what a disk would. */
  readonly beforeWrite?: (text: string) => void
}

export interface SqliteDialect extends Dialect {
  /** A number that changes with every commit to the file; undefined before the first statement. */
  committedVersion(): number | undefined
  /** The rows of a reading statement, at once, as they are outside of transactions; undefined before the first statement. */
  read<R>(query: CompiledQuery): readonly R[] | undefined
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
    read: <R>(query: CompiledQuery) => reader?.run<R>(query).rows,
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => createDriver(options, (opened) => void (reader = opened)),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new PlanOnceCompiler(),
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
      // Waiting is not SQLite's: see whenFree.
      writer.run(CompiledQuery.raw('pragma busy_timeout = 0'))
      reader = watched(openStatements(options), writeStop)
      onReader(reader)
      commits = createGroupCommit({
        begin: () =>
          whenFree(() => {
            writeStop.refuse()
            writer.run(CompiledQuery.raw('begin immediate'))
          }),
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
