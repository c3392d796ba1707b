import { CompiledQuery, sql } from 'kysely'
import { type Database, type DatabaseConfig, openDatabase } from '../open.ts'
import { storedTables } from '../tables.ts'
import type { Row, RowSource, RowTarget, TableShape, Value } from './rows.ts'

const batch = 400

/** Shows the database as it is now for as long as `work` takes: one repeatable-read transaction, which locks no row. */
export async function withPostgresSnapshot<T>(
  config: DatabaseConfig,
  work: (source: RowSource) => Promise<T>,
): Promise<T> {
  const db = openDatabase(config)
  try {
    const snapshot = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
    return await snapshot.execute(async (trx) => {
      await waitWithoutEnd(trx)
      return work(await postgresSource(trx))
    })
  } finally {
    await db.destroy()
  }
}

/** What a copy does may take longer than a request ever should. */
export async function waitWithoutEnd(trx: Database): Promise<void> {
  for (const name of ['statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout']) {
    await sql`set local ${sql.raw(name)} = 0`.execute(trx)
  }
}

/** Reads within the transaction that it is given. */
export async function postgresSource(trx: Database): Promise<RowSource> {
  const columns = await readColumns(trx)
  const shapes = storedTables.map((table) => ({ ...table, columns: (columns.get(table.name) ?? []).map(nameOf) }))
  return {
    migrations: await readMigrations(trx),
    tables: shapes.filter((table) => table.columns.length > 0),
    read: (table, after) => readRows(trx, table, after),
  }
}

interface Column {
  readonly name: string
  readonly type: string
}

const nameOf = ({ name }: Column): string => name

async function readColumns(db: Database): Promise<Map<string, Column[]>> {
  const { rows } = await sql<Column & { table: string }>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attname collate "C"`.execute(db)
  return Map.groupBy(rows, ({ table }) => table)
}

async function readMigrations(db: Database): Promise<string[]> {
  const { rows: found } = await sql<{ there: boolean }>`select to_regclass('migrations') is not null as there`.execute(
    db,
  )
  if (!found[0]?.there) return []
  const { rows } = await sql<{ name: string }>`select name from migrations order by name collate "C"`.execute(db)
  return rows.map(({ name }) => name)
}

async function* readRows(trx: Database, table: TableShape, after?: Row): AsyncGenerator<readonly Row[]> {
  const key = list(table.key)
  const places = table.key.map((name) => table.columns.indexOf(name))
  let last = after
  for (;;) {
    const behind = last ? `where (${key}) > (${last.map((_, index) => `$${index + 1}`).join()})` : ''
    const query = `select ${list(table.columns)} from ${quoted(table.name)} ${behind} order by ${key} limit ${batch}`
    const { rows } = await trx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(query, [...(last ?? [])]))
    const values = rows.map((row) => table.columns.map((name) => toValue(row[name])))
    if (values.length > 0) yield values
    const end = values.at(-1)
    if (end === undefined || values.length < batch) return
    last = places.map((place) => end[place] ?? null)
  }
}

function toValue(value: unknown): Value {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new Error(`No backup can hold a value of type ${typeof value}`)
}

/**
 * Fills a migrated database. On a transaction all of it happens or nothing; on the database itself what has been loaded
 * stays, and can be filled further.
 */
export async function openPostgresTarget(db: Database): Promise<RowTarget> {
  const columns = await readColumns(db)
  if (!columns.has('unfinished_copy')) await inTransaction(db, putAside)
  return {
    load: (table, rows) => load(db, table, columns.get(table.name) ?? [], rows),
    findLastKey: async (table) => {
      const downwards = table.key.map((column) => `${quoted(column)} desc`).join()
      const query = `select ${list(table.key)} from ${quoted(table.name)} order by ${downwards} limit 1`
      const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(query))
      const [row] = rows
      return row && table.key.map((name) => toValue(row[name]))
    },
    finish: () => inTransaction(db, finish),
    release: async () => {
      await sql`drop table unfinished_copy`.execute(db)
    },
  }
}

function inTransaction(db: Database, work: (trx: Database) => Promise<void>): Promise<void> {
  return db.isTransaction ? work(db) : db.transaction().execute(work)
}

/** Remembers the indexes in the store itself, so that they come back after a kill, too. */
async function putAside(trx: Database): Promise<void> {
  const { rows } = await sql<{ name: string; table: string; definition: string }>`
    select indexname as name, tablename as table, indexdef as definition from pg_indexes
    where schemaname = current_schema() and not exists (
      select from pg_constraint where conindid = (quote_ident(schemaname) || '.' || quote_ident(indexname))::regclass
        and contype in ('p', 'u', 'x'))`.execute(trx)
  const ours = rows.filter(({ table }) => storedTables.some(({ name }) => name === table))
  await sql`create table unfinished_copy (definition text not null)`.execute(trx)
  for (const { name, definition } of ours) {
    await sql`insert into unfinished_copy values (${definition})`.execute(trx)
    await sql`drop index ${sql.table(name)}`.execute(trx)
  }
  for (const { name } of storedTables.toReversed()) {
    const { rows: found } = await sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`.execute(trx)
    if (found[0]?.there) await sql`delete from ${sql.table(name)}`.execute(trx)
  }
}

/** One parameter a column: an array of its values, which PostgreSQL reads as the column's own type. */
async function load(
  db: Database,
  table: Pick<TableShape, 'name' | 'columns'>,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<void> {
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const arrays = table.columns.map((name, index) => `$${index + 1}::${types.get(name)}[]`)
  const query = `insert into ${quoted(table.name)} (${list(table.columns)}) select * from unnest(${arrays.join()})`
  const values = table.columns.map((_, place) => rows.map((row) => row[place] ?? null))
  await db.executeQuery(CompiledQuery.raw(query, values))
}

async function finish(trx: Database): Promise<void> {
  await waitWithoutEnd(trx)
  await sql`set local maintenance_work_mem = '256MB'`.execute(trx)
  const { rows } = await sql<{ definition: string }>`select definition from unfinished_copy`.execute(trx)
  for (const { definition } of rows) await sql.raw(definition).execute(trx)
  await sql`delete from unfinished_copy`.execute(trx)
}

function list(names: readonly string[]): string {
  return names.map(quoted).join()
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
