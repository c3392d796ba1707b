import BetterSqlite3 from 'better-sqlite3'
import { type StoredTable, storedTables } from '../tables.ts'
import type { Row, RowSource, RowTarget, TableShape, Value } from './rows.ts'

/** Rows may hold 100 KB each. */
const batch = 400

/**
 * Opens the file for as long as `work` takes, and shows it as it is now: one read transaction, which keeps no writer
 * waiting and is kept waiting by none.
 */
export async function withSqliteSnapshot<T>(file: string, work: (source: RowSource) => Promise<T>): Promise<T> {
  const database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  try {
    database.exec('begin')
    return await work({
      migrations: readMigrations(database),
      tables: readShapes(database),
      read: (table, after) => readRows(database, table, after),
    })
  } finally {
    database.close()
  }
}

function readMigrations(database: BetterSqlite3.Database): string[] {
  if (!hasTable(database, 'migrations')) return []
  return database.prepare<[], string>('select name from migrations order by name').pluck().all()
}

function hasTable(database: BetterSqlite3.Database, name: string): boolean {
  return database.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(name) !== undefined
}

function readShapes(database: BetterSqlite3.Database): TableShape[] {
  return storedTables
    .filter(({ name }) => hasTable(database, name))
    .map((table) => ({ ...table, columns: readColumns(database, table) }))
}

function readColumns(database: BetterSqlite3.Database, { name }: StoredTable): string[] {
  const columns = database.prepare<[string], { name: string; hidden: number }>(
    'select name, hidden from pragma_table_xinfo(?)',
  )
  return columns
    .all(name)
    .filter((column) => column.hidden === 0 && column.name !== rowNumber)
    .map((column) => column.name)
    .toSorted()
}

/** Only the search index points at it, and that is made anew. */
const rowNumber = 'seq'

async function* readRows(
  database: BetterSqlite3.Database,
  table: TableShape,
  after?: Row,
): AsyncGenerator<readonly Row[]> {
  const key = list(table.key)
  const behind = after ? `where (${key}) > (${after.map(() => '?').join()})` : ''
  const query = `select ${list(table.columns)} from ${quoted(table.name)} ${behind} order by ${key}`
  let rows: Row[] = []
  for (const row of database
    .prepare<Value[], Row>(query)
    .raw()
    .iterate(...(after ?? []))) {
    rows.push(row)
    if (rows.length < batch) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}

export interface SqliteTarget extends RowTarget {
  close(): void
}

/**
 * Opens a migrated file that nobody else uses, to be filled. What a kill leaves behind of a `resumable` one can be opened
 * and filled further; the other is quicker, and then good for nothing.
 */
export function openSqliteTarget(file: string, { resumable }: { resumable: boolean }): SqliteTarget {
  const database = new BetterSqlite3(file, { fileMustExist: true })
  // The file counts only once it is whole, checked and synced.
  database.pragma(`journal_mode = ${resumable ? 'wal' : 'off'}`)
  for (const pragma of ['synchronous = off', 'foreign_keys = off', 'cache_size = -200000', 'temp_store = memory']) {
    database.pragma(pragma)
  }
  putAside(database)
  const load = database.transaction((table: Pick<TableShape, 'name' | 'columns'>, rows: readonly Row[]) => {
    const places = table.columns.map(() => '?').join()
    const insert = database.prepare(`insert into ${quoted(table.name)} (${list(table.columns)}) values (${places})`)
    for (const row of rows) insert.run(row)
  })
  return {
    load: async (table, rows) => load(table, rows),
    findLastKey: async (table) => {
      const downwards = table.key.map((column) => `${quoted(column)} desc`).join()
      return database
        .prepare<[], Row>(`select ${list(table.key)} from ${quoted(table.name)} order by ${downwards} limit 1`)
        .raw()
        .get()
    },
    finish: async () => finish(database),
    release: async () => {
      database.exec('drop table unfinished_copy')
      database.pragma('wal_checkpoint(truncate)')
    },
    close: () => database.close(),
  }
}

/** Remembers the indexes and triggers in the store itself, so that they come back after a kill, too. */
function putAside(database: BetterSqlite3.Database): void {
  if (hasTable(database, 'unfinished_copy')) return
  const found = database.prepare<[], { type: string; name: string; table: string; sql: string }>(
    "select type, name, tbl_name as 'table', sql from sqlite_master where type in ('index', 'trigger') and sql is not null",
  )
  const ours = found.all().filter(({ table }) => storedTables.some(({ name }) => name === table))
  database.transaction(() => {
    database.exec('create table unfinished_copy (definition text not null) strict')
    for (const { type, name, sql } of ours) {
      database.prepare('insert into unfinished_copy values (?)').run(sql)
      database.exec(`drop ${type} ${quoted(name)}`)
    }
    for (const { name } of storedTables) if (hasTable(database, name)) database.exec(`delete from ${quoted(name)}`)
    if (hasTable(database, 'task_search')) database.exec('delete from task_search')
  })()
}

function finish(database: BetterSqlite3.Database): void {
  database.transaction(() => {
    const definitions = database.prepare<[], string>('select definition from unfinished_copy').pluck().all()
    if (definitions.length === 0) return
    for (const definition of definitions) database.exec(definition)
    if (hasTable(database, 'task_search')) {
      // As the triggers of its schema do it.
      const text = hasTable(database, 'task_search_grams') ? 'search_text || char(10, 10)' : 'search_text'
      database.exec(`insert into task_search (rowid, search_text) select seq, ${text} from tasks order by seq`)
    }
    database.exec('delete from unfinished_copy')
  })()
  const broken = database.pragma('foreign_key_check')
  if (!Array.isArray(broken) || broken.length > 0)
    throw new Error('Some rows point at rows that are not there: the store it came from is damaged.')
}

function list(names: readonly string[]): string {
  return names.map(quoted).join()
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
