import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Database, databaseKind } from './open.ts'
import type { Schema } from './schema.ts'

/** Whether the task has the word in its texts, byte for byte. */
export function contains(db: Database, word: string): Expression<SqlBool> {
  const position = databaseKind(db) === 'postgres' ? sql.raw('strpos') : sql.raw('instr')
  return sql<SqlBool>`${position}(tasks.search_text, ${word}) > 0`
}

/** The space of a task whose search has candidates: SQLite keeps no statistics here, and would prefer the index of the space to that of the search. */
export function spaceOfCandidates(db: Database): RawBuilder<string> {
  return databaseKind(db) === 'postgres' ? sql<string>`tasks.space_id` : sql<string>`+tasks.space_id`
}

/** What narrows a search before `contains` decides. */
export type SearchCandidates = (eb: ExpressionBuilder<Schema, 'tasks'>) => Expression<SqlBool>

/** Undefined where no index would help: then the user's own tasks are gone through. */
export async function searchCandidates(db: Database, words: readonly string[]): Promise<SearchCandidates | undefined> {
  return databaseKind(db) === 'postgres' ? candidatesOnPostgres(db, words) : candidatesOnSqlite(db, words)
}

/**
 * The trigram index of PostgreSQL has the letters and digits of texts, as the locale of the database knows them. A word without three
 * of these in a row is not in it, and to ask for it all the same reads all of the index: half a second for 100,000 tasks.
 */
async function candidatesOnPostgres(db: Database, words: readonly string[]): Promise<SearchCandidates | undefined> {
  const trigram = (await knowsLetters(db)) ? /[\p{L}\p{N}]{3}/u : /[a-z0-9]{3}/
  const indexed = words.filter((word) => trigram.test(word))
  if (indexed.length === 0) return undefined
  const like = (word: string) => `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  return (eb) => eb.and(indexed.map((word) => eb('search_text', 'like', like(word))))
}

const stores = new WeakMap<Database, Promise<boolean>>()

/** Whether letters beyond those of English are letters for the database; the locale `C` has none of them. */
function knowsLetters(db: Database): Promise<boolean> {
  const known = stores.get(db)
  if (known) return known
  const asked = sql<{ knows: boolean }>`select cardinality(show_trgm('ж')) > 0 as knows`
    .execute(db)
    .then(({ rows }) => rows[0]?.knows ?? false)
  stores.set(db, asked)
  asked.catch(() => stores.delete(db))
  return asked
}

/**
 * The search index of SQLite narrows a search to the tasks, of all users, that have every trigram of the long words, or one
 * that begins with a short word. It does not help with words so common that going through the user's own tasks is quicker.
 */
async function candidatesOnSqlite(db: Database, words: readonly string[]): Promise<SearchCandidates | undefined> {
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
