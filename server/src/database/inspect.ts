import { existsSync, statSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'
import { sql } from 'kysely'
import { isUntrusted } from './disk-faults.ts'
import { type Database, databaseKind } from './open.ts'

/** What is wrong inside a SQLite file, in SQLite's own words; nothing when it is sound. Reads all of it. */
export function inspectFile(file: string): string[] {
  if (!existsSync(file)) return ['it is not there']
  let database: BetterSqlite3.Database | undefined
  try {
    database = new BetterSqlite3(file, { readonly: true, timeout: 5_000 })
    const verdicts = database.prepare<[], string>('pragma integrity_check(5)').pluck().all()
    const orphans = database.prepare<[], string>('select distinct "table" from pragma_foreign_key_check').pluck().all()
    return [
      ...verdicts.filter((verdict) => verdict !== 'ok'),
      ...orphans.map((table) => `rows of ${table} point at rows that are not there`),
    ]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    database?.close()
  }
}

/** Larger files are looked through by `doctor` only: a start is quick. */
const largestQuickCheck = 32 * 1024 * 1024

/** @throws when a start on the file would serve from what is damaged */
export function refuseDamagedFile(file: string): void {
  if (!existsSync(file) || statSync(file).size === 0) return
  let damage: string | undefined
  let database: BetterSqlite3.Database | undefined
  try {
    database = new BetterSqlite3(file, { fileMustExist: true, timeout: 5_000 })
    const pages = database.prepare<[], number>('pragma page_count').pluck().get() ?? 0
    const size = database.prepare<[], number>('pragma page_size').pluck().get() ?? 0
    const hasLog = existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0
    const isShort = !hasLog && statSync(file).size < pages * size
    const verdict =
      pages * size <= largestQuickCheck ? database.prepare<[], string>('pragma quick_check(1)').pluck().get() : 'ok'
    damage = isShort ? 'it is shorter than it says' : verdict === 'ok' ? undefined : verdict
  } catch (error) {
    if (!isUntrusted(error)) throw error
    damage = error instanceof Error ? error.message : String(error)
  } finally {
    database?.close()
  }
  if (damage === undefined) return
  throw new Error(
    `${file} is damaged (${damage.replaceAll(/\s+/g, ' ')}): keep a copy of it, then bring the newest backup back with \`taskwell restore FILE --force\``,
  )
}

const neededExtensions = ['pg_trgm', 'btree_gin']

/** What is wrong with a PostgreSQL server for us; nothing when it is as it should be. */
export async function inspectServer(db: Database): Promise<string[]> {
  const version = await sql<{ number: number }>`select current_setting('server_version_num')::int as number`.execute(db)
  const { rows } = await sql<{ extname: string }>`select extname from pg_extension`.execute(db)
  const missing = neededExtensions.filter((name) => !rows.some(({ extname }) => extname === name))
  return [
    ...((version.rows[0]?.number ?? 0) < 140_000 ? ['it is older than PostgreSQL 14: upgrade it'] : []),
    ...missing.map((name) => `the extension ${name} is missing: run \`create extension ${name}\``),
  ]
}

/** The clock of the database server, or of this machine on SQLite. */
export async function readClock(db: Database): Promise<Date> {
  if (databaseKind(db) === 'sqlite') return new Date()
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

/** In bytes, indexes included. */
export async function databaseSize(db: Database): Promise<number> {
  const { rows } =
    databaseKind(db) === 'sqlite'
      ? await sql<{
          size: number
        }>`select page_count * page_size as size from pragma_page_count, pragma_page_size`.execute(db)
      : await sql<{ size: number }>`select pg_database_size(current_database()) as size`.execute(db)
  return rows[0]?.size ?? 0
}

/** Spaces whose counter is behind a row of theirs: the next write there would fail. */
export async function countSpacesBehind(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from spaces where revision < (
      select coalesce(max(tasks.revision), 0) from tasks where tasks.space_id = spaces.id)
    or revision < (select coalesce(max(changes.revision), 0) from changes where changes.space_id = spaces.id)`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}

/** Tasks that a search cannot find; on PostgreSQL its index is part of the table. */
export async function countUnsearchable(db: Database): Promise<number> {
  if (databaseKind(db) === 'postgres') return 0
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from tasks) - (select count(*) from task_search_docsize) as count`.execute(db)
  return Math.abs(rows[0]?.count ?? 0)
}
