import {
  type Expression,
  type ExpressionBuilder,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
  type SqlBool,
} from 'kysely'
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

/** Whether the column of `tasks` has the word in it, byte for byte; the form that PostgreSQL's trigram index understands. */
export function contains(db: Database, column: 'search_text', word: string): Expression<SqlBool> {
  const ref = sql.ref(`tasks.${column}`)
  if (databaseKind(db) === 'sqlite') return sql<SqlBool>`instr(${ref}, ${word}) > 0`
  return sql<SqlBool>`${ref} like ${`%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`}`
}

/** A column by which SQLite finds nothing: it keeps no statistics here, and would prefer the wrong index. */
export function withoutIndex(column: 'tasks.space_id'): RawBuilder<string> {
  return sql<string>`+${sql.ref(column)}`
}

/** What narrows a search before `contains` decides. */
export type SearchCandidates = (eb: ExpressionBuilder<Schema, 'tasks'>) => Expression<SqlBool>

/**
 * The search index of SQLite narrows a search to the tasks, of all users, that have every trigram of the long words, or one
 * that begins with a short word. Undefined where it would not help, since the words are so common that going through the
 * user's own tasks is quicker. PostgreSQL needs none: its index and its statistics serve `contains`.
 */
export async function searchCandidates(db: Database, words: readonly string[]): Promise<SearchCandidates | undefined> {
  if (databaseKind(db) === 'postgres') return undefined
  for (const rows of narrowings(words)) {
    const { count } = await db
      .selectFrom(sql`(${rows} limit ${sql.lit(tooManyCandidates)})`.as('probe'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (count < tooManyCandidates) return (eb) => eb('tasks.seq', 'in', sql<number>`(${rows})`)
  }
  return undefined
}

/** From here on the index finds so many tasks of everybody that it no longer pays. */
const tooManyCandidates = 2_000

/**
 * Row numbers of tasks as the index finds them by itself, the most telling first: a long word is seldom a common one, and
 * to find what has a common word, too, takes longer than to look at what has the rare one.
 */
function narrowings(words: readonly string[]): RawBuilder<unknown>[] {
  const withAll = (words: readonly string[]) =>
    sql`select rowid from task_search where task_search match ${trigrams(words).map(quoted).join(' ')}`
  const withStart = (word: string) =>
    sql`select doc from task_search_grams where term >= ${word} and term <= ${word + lastLetter.repeat(2)}`
  const long = words.filter((word) => !isShort(word)).toSorted((one, other) => other.length - one.length)
  return [
    ...long.map((word) => withAll([word])),
    ...(long.length > 1 ? [withAll(long)] : []),
    ...words.filter(isShort).map(withStart),
  ]
}

const lastLetter = '\u{10ffff}'

/** Whether a word is shorter than a trigram. */
function isShort(word: string): boolean {
  return Array.from(word).length < 3
}

/** More would narrow no further and make the query long: some letters fold to eighteen. */
const maxTrigrams = 24

function trigrams(words: readonly string[]): string[] {
  const found = new Set<string>()
  for (const word of words) {
    const letters = Array.from(word)
    for (let end = 3; end <= letters.length; end++) found.add(letters.slice(end - 3, end).join(''))
  }
  return [...found].slice(0, maxTrigrams)
}

function quoted(trigram: string): string {
  return `"${trigram.replaceAll('"', '""')}"`
}
