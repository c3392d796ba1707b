import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { sql } from 'kysely'
import { contains } from '../src/database/search.ts'
import { type Database, databaseKind } from '../src/database/open.ts'
import { storedTables } from '../src/database/tables.ts'
import { foldText } from '../src/text/index.ts'

const naughty: string[] = createRequire(import.meta.url)('big-list-of-naughty-strings')

/** Texts that copies like to spoil. */
const hostile = [
  ...naughty.filter((text) => text !== '' && !text.includes('\u0000') && text.isWellFormed()),
  '"quoted", {braced}, [bracketed] \\ and \\N and NULL',
  'line\nbreak\r\ttab\u2028separator\u0001control',
  `'; drop table tasks; -- ${'$1'}`,
  '👩‍👩‍👧‍👦 e\u0301 é İı ﬁ \u{10FFFF}',
]

const at = '2026-11-23T09:30:00.123Z'

/** Puts rows into every table, with every column filled in some row and empty in another, where that may be. */
export function fillStore(db: Database): Promise<void> {
  return db.transaction().execute((trx) => fillTables(trx))
}

async function fillTables(db: Database): Promise<void> {
  const [userId, spaceId] = [randomUUID(), randomUUID()]
  await db.insertInto('settings').values({ name: 'epoch', value: randomUUID() }).execute()
  const times = { created_at: at, updated_at: '0099-01-01T00:00:00.000Z' }
  const truths = { email_verified: true, two_factor_enabled: false }
  await insert(db, 'users', {
    id: userId,
    name: 'Ada',
    email: 'ada@example.org',
    time_zone: 'Europe/Berlin',
    ...truths,
    ...times,
  })
  await insert(db, 'users', {
    id: randomUUID(),
    name: '{a,"b"}',
    email: 'b@example.org',
    image: '',
    time_zone: 'UTC',
    ...truths,
    ...times,
  })
  const of = { user_id: userId }
  await insert(db, 'sessions', { id: randomUUID(), ...of, token: 'token', expires_at: at, ip_address: '::1', ...times })
  await insert(db, 'accounts', {
    id: randomUUID(),
    ...of,
    account_id: userId,
    provider_id: 'credential',
    password: '$argon2id$',
    ...times,
  })
  await insert(db, 'verifications', { id: randomUUID(), identifier: 'reset', value: userId, expires_at: at, ...times })
  await insert(db, 'two_factors', {
    id: randomUUID(),
    ...of,
    secret: 'sealed',
    backup_codes: 'sealed',
    verified: true,
    failed_verification_count: 0,
  })
  await insert(db, 'account_events', { id: randomUUID(), ...of, at, kind: 'sign_in', user_agent: hostile.at(-1) })
  await insert(db, 'api_tokens', {
    id: randomUUID(),
    ...of,
    name: 'phone',
    hash: 'hash',
    scopes: '["tasks:read"]',
    created_at: at,
    expires_at: at,
  })
  const mail = { ...of, recipient: 'ada@example.org', text_body: 'text', html_body: '<p>', created_at: at, attempts: 0 }
  await insert(db, 'mails', { id: randomUUID(), ...mail, subject: 'waiting', next_attempt_at: at })
  await insert(db, 'mails', { id: randomUUID(), ...mail, subject: 'sent', sent_at: at })
  await insert(db, 'spaces', {
    id: spaceId,
    owner_id: userId,
    revision: 9_007_199_254_740_991,
    floor: 3,
    created_at: at,
  })
  const addresses = { old_email: 'old@example.org', old_verified: true, new_email: 'ada@example.org' }
  const hashes = { confirm_hash: 'confirm', refuse_hash: 'refuse' }
  await insert(db, 'email_changes', {
    id: randomUUID(),
    ...of,
    ...addresses,
    ...hashes,
    created_at: at,
    expires_at: at,
  })
  await insert(db, 'task_counts', { space_id: spaceId, priority: 1, total: 3, completed: 2, undated: 1 })
  await insert(db, 'figure_counts', { space_id: spaceId, priority: 1, figure: 'undated', count: 3 })
  await insert(db, 'completion_days', { space_id: spaceId, day: 20_780, morning: 2 ** 47, afternoon: 1 })
  const facts = { space_id: spaceId, task_id: randomUUID(), created_ms: 1_795_426_200_123 }
  await insert(db, 'task_facts', { ...facts, completed_ms: null, due_date: '2026-12-01', due_time: null, due_ms: null })
  await insert(db, 'idempotency_keys', {
    ...of,
    key: ' ~"',
    request_hash: 'hash',
    status: 201,
    headers: '{}',
    body: '{"a":1}',
    created_at: at,
  })
  const told = { space_id: spaceId, task_id: randomUUID() }
  await insert(db, 'idempotency_key_tasks', { ...told, ...of, key: ' ~"' })
  for (const [index, text] of hostile.entries()) await insertTask(db, spaceId, index, text)
}

async function insertTask(db: Database, spaceId: string, index: number, text: string): Promise<void> {
  const id = randomUUID()
  const folded = foldText(text)
  const isDue = index % 2 === 0
  await insert(db, 'tasks', {
    space_id: spaceId,
    id,
    title: text,
    description: index % 3 ? text : null,
    priority: 1 + (index % 3),
    due_date: isDue ? '2026-12-01' : null,
    due_time: isDue ? '09:30' : null,
    due_time_zone: isDue ? 'Europe/Berlin' : null,
    due_at: isDue ? at : null,
    version: 1,
    revision: index + 1,
    created_at: at,
    updated_at: at,
    completed_at: index % 5 ? null : at,
    deleted_at: index % 7 ? null : at,
    title_key: folded.slice(0, 200),
    search_text: folded,
  })
  await insert(db, 'changes', {
    space_id: spaceId,
    revision: index + 1,
    write_id: randomUUID(),
    task_id: id,
    kind: 'task.created',
    at,
    by_kind: 'session',
    by_name: index % 2 ? null : text,
    after: JSON.stringify({ title: text }),
    undoes: index % 4 ? null : randomUUID(),
  })
}

/** Every column of the tables can be given, those too that the program does not read. Tables that the schema has not are left out. */
async function insert(db: Database, table: string, values: Record<string, unknown>): Promise<void> {
  if (notAlways.has(table) && !(await isThere(db, table))) return
  const names = sql.join(Object.keys(values).map((name) => sql.ref(name)))
  await sql`insert into ${sql.table(table)} (${names}) values (${sql.join(Object.values(values))})`.execute(db)
}

const notAlways = new Set([
  'email_changes',
  'task_counts',
  'figure_counts',
  'completion_days',
  'task_facts',
  'idempotency_key_tasks',
])

async function isThere(db: Database, table: string): Promise<boolean> {
  return (await db.introspection.getTables()).some(({ name }) => name === table)
}

/** All rows as text, what a search finds, and the names of all indexes and triggers. */
export async function readStore(db: Database) {
  const isSqlite = databaseKind(db) === 'sqlite'
  const tables: Record<string, string[]> = {}
  for (const { name } of storedTables) {
    if (notAlways.has(name) && !(await isThere(db, name))) continue
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)
    tables[name] = rows.map((row) => asText(row)).toSorted()
  }
  const words = [foldText('braced'), foldText('drop table')]
  const found = await db
    .selectFrom('tasks')
    .select('id')
    .where((eb) => eb.or(words.map((word) => contains(db, word))))
    .orderBy('id')
    .execute()
  const matched = isSqlite
    ? await sql<{
        id: string
      }>`select id from tasks where seq in (select rowid from task_search where task_search match '"dro" "tab"')`.execute(
        db,
      )
    : await sql<{ id: string }>`select id from tasks where search_text like '%drop table%'`.execute(db)
  const definitions = isSqlite
    ? sql<{ name: string }>`select name from sqlite_master where type in ('index', 'trigger') order by name`
    : sql<{ name: string }>`select indexname as name from pg_indexes where schemaname = 'public' order by 1`
  return {
    tables,
    found: [...found, ...matched.rows].map(({ id }) => id).toSorted(),
    indexes: (await definitions.execute(db)).rows.map(({ name }) => name),
  }
}

function asText(row: Record<string, unknown>): string {
  const entries = Object.entries(row).filter(([name]) => name !== 'seq')
  return JSON.stringify(
    entries
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]),
  )
}
