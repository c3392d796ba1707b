import { type Expression, type RawBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import { type Database, databaseKind } from './open.ts'
import { prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import { GoesAlone, isShared } from './shared-transaction.ts'

/** Everything that the two databases want said differently, by what it means. */

/**
 * Makes the other writers of a space wait until this transaction ends. On SQLite it has the only write lock already.
 * What is decided upon must be read by a *later* statement: one that waits for a lock on PostgreSQL sees the locked row
 * as it is, but rows joined to it as they were before it waited.
 */
export async function lockSpace(db: Database, spaceId: string): Promise<void> {
  if (databaseKind(db) === 'sqlite') return
  await selectForUpdate(db, { spaceId })
}

const selectForUpdate = prepared((db, { spaceId }: { spaceId: string }) =>
  db.selectFrom('spaces').select('id').where('id', '=', spaceId).forUpdate(),
)

/** The same for what is decided about an account. */
export async function lockUser(db: Database, userId: string): Promise<void> {
  if (databaseKind(db) === 'sqlite') return
  await db.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute()
}

/**
 * Holds the name until the transaction ends; false when another transaction has held it for so long (milliseconds), and
 * then nothing more can be done in this one. On SQLite there is no other transaction.
 */
export async function lockName(db: Database, name: string, patience: number): Promise<boolean> {
  if (databaseKind(db) === 'sqlite') return true
  const key = sql`hashtextextended(${name}, 0)`
  if (await tryLockName(db, name)) return true
  // Who holds the name may be waiting for what this transaction has locked.
  if (isShared(db)) throw new GoesAlone()
  try {
    await sql`select set_config('lock_timeout', ${`${Math.max(1, Math.ceil(patience))}ms`}, true)`.execute(db)
    await sql`select pg_advisory_xact_lock(${key})`.execute(db)
    await sql`set local lock_timeout to default`.execute(db)
    return true
  } catch (error) {
    if (isLockTimeout(error)) return false
    throw error
  }
}

/** Holds the name until the transaction ends, unless another one does: then false. On SQLite there is no other. */
export async function tryLockName(db: Database, name: string): Promise<boolean> {
  if (databaseKind(db) === 'sqlite') return true
  const { rows } = await sql<{
    held: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as held`.execute(db)
  return rows[0]?.held ?? false
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03'
}

/**
 * A number that moves whenever another process, or another handle of this one, has written to the store. Undefined on
 * PostgreSQL, which has none. It is asked where the writes are made, so that they do not move it themselves.
 */
export async function findForeignWrites(db: Database): Promise<number | undefined> {
  if (databaseKind(db) === 'postgres') return undefined
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db)
  return rows[0]?.data_version
}

/** Whether the column of text is one of many values; one statement however many there are. */
export function isAmong(db: Database, column: string, values: readonly string[]): Expression<SqlBool> {
  const ref = sql.ref(column)
  if (databaseKind(db) === 'sqlite')
    return sql<SqlBool>`${ref} in (select value from json_each(${JSON.stringify(values)}))`
  return sql<SqlBool>`${ref} = any(${values}::text[])`
}

/** Locks the selected rows and passes over those that another transaction has locked. SQLite has one writer at a time. */
export function skipLocked<Table extends keyof Schema, Row>(
  db: Database,
  query: SelectQueryBuilder<Schema, Table, Row>,
): SelectQueryBuilder<Schema, Table, Row> {
  return databaseKind(db) === 'sqlite' ? query : query.forUpdate().skipLocked()
}

/** An instant as ISO text, whether it comes as text (SQLite) or as `Date` (PostgreSQL). */
export function isoInstant(value: string | Date): string {
  return typeof value === 'string' ? value : value.toISOString()
}

/** The type of instants, for parameters whose type PostgreSQL could not know. */
export function instantType(db: Database): RawBuilder<unknown> {
  return databaseKind(db) === 'sqlite' ? sql.raw('text') : sql.raw('timestamptz')
}

/** A parameter that is an id, where PostgreSQL could not know its type. */
export function uuidOf(db: Database, id: string): RawBuilder<string> {
  return databaseKind(db) === 'postgres' ? sql`cast(${id} as uuid)` : sql`${id}`
}

/** The milliseconds since 1970 of an instant's column. */
export function epochMilliseconds(db: Database, column: string): RawBuilder<number | null> {
  const ref = sql.ref(column)
  if (databaseKind(db) === 'postgres') return sql`(extract(epoch from ${ref}) * 1000)::bigint`
  return sql`(unixepoch(${ref}) * 1000 + cast(substr(${ref}, 21, 3) as integer))`
}

/** A row for each element of an array in JSON, as the column `value`. */
export function eachOf(db: Database, json: string): RawBuilder<{ value: string }> {
  return databaseKind(db) === 'postgres' ? sql`json_array_elements(${json}::json)` : sql`json_each(${json})`
}

/** The values as an array in JSON. */
export function jsonArray(db: Database, values: readonly Expression<unknown>[]): RawBuilder<unknown> {
  return databaseKind(db) === 'postgres'
    ? sql`json_build_array(${sql.join(values)})`
    : sql`json_array(${sql.join(values)})`
}

/** The values of all rows as an array in JSON; of no rows null or empty. */
export function jsonOfRows(db: Database, value: Expression<unknown>): RawBuilder<unknown> {
  return databaseKind(db) === 'postgres' ? sql`json_agg(${value})` : sql`json_group_array(${value})`
}
