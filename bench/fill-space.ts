import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { dueInstant } from '../server/src/calendar/index.ts'
import { type Database, databaseKind } from '../server/src/database/open.ts'
import { eachOf, uuidOf } from '../server/src/database/sql.ts'
import { completionDaysOfFacts } from '../server/src/figures/queries.ts'
import { foldText, titleKey } from '../server/src/text/index.ts'

/** A task that a benchmark finds in the store; times are milliseconds since 1970. */
export interface StoredTask {
  readonly title: string
  readonly description?: string
  /** 1 high, 2 medium, 3 low */
  readonly priority: number
  readonly created: number
  readonly changed: number
  readonly isCompleted: boolean
  readonly dueDate: string | null
  readonly dueTime: string | null
  readonly dueTimeZone: string | null
}

const rowsAtOnce = 2_000

/**
 * Puts `count` tasks into an empty space, as if each had been created, given a due date, and completed or changed again:
 * three revisions and three rows of history each, with all that is kept ready for the dashboard.
 */
export async function fillSpace(
  db: Database,
  spaceId: string,
  { count, taskOf }: { count: number; taskOf: (number: number) => StoredTask },
): Promise<void> {
  for (let first = 0; first < count; first += rowsAtOnce) {
    const numbers = Array.from({ length: Math.min(rowsAtOnce, count - first) }, (_, index) => first + index)
    const rows = numbers.map((number) => rowsOf(spaceId, number, taskOf(number)))
    await db.transaction().execute(async (db) => {
      await insertMany(
        db,
        'tasks',
        rows.map(({ task }) => task),
      )
      await insertMany(
        db,
        'changes',
        rows.flatMap(({ changes }) => changes),
      )
      await insertMany(
        db,
        'task_facts',
        rows.map(({ facts }) => facts),
      )
    })
  }
  const space = sql`${spaceId}`
  await sql`
    insert into figure_counts (space_id, priority, figure, count)
    select space_id, priority, 'total', count(*) from tasks where space_id = ${space} group by space_id, priority`.execute(
    db,
  )
  const state = sql`case when completed_at is null then coalesce(due_date, 'undated') else 'completed' end`
  await sql`
    insert into figure_counts (space_id, priority, figure, count)
    select space_id, priority, ${state}, count(*) from tasks
    where space_id = ${space} group by space_id, priority, ${state}`.execute(db)
  await sql`
    insert into completion_days (space_id, day, morning, afternoon)
    select ${uuidOf(db, spaceId)}, day, morning, afternoon from (${completionDaysOfFacts(spaceId)}) as told`.execute(db)
  await db
    .updateTable('spaces')
    .set({ revision: count * 3 })
    .where('id', '=', spaceId)
    .execute()
}

/** Gives an empty space the same tasks, history and figures as another one. */
export async function copySpace(db: Database, from: string, to: string): Promise<void> {
  const columns = {
    tasks:
      'id title description priority due_date due_time due_time_zone due_at version revision created_at updated_at completed_at title_key search_text',
    changes: 'revision write_id task_id kind at by_kind before after',
    task_facts: 'task_id created_ms completed_ms due_date due_time due_ms',
    figure_counts: 'priority figure count',
    completion_days: 'day morning afternoon',
  }
  for (const [table, names] of Object.entries(columns)) {
    const list = sql.join(names.split(' ').map((name) => sql.ref(name)))
    await sql`
      insert into ${sql.table(table)} (space_id, ${list})
      select ${uuidOf(db, to)}, ${list} from ${sql.table(table)} where space_id = ${from}`.execute(db)
  }
  const { revision } = await db.selectFrom('spaces').select('revision').where('id', '=', from).executeTakeFirstOrThrow()
  await db.updateTable('spaces').set({ revision }).where('id', '=', to).execute()
}

/** Without the indexes, which are made anew afterwards: many rows come in several times as fast. */
export async function withoutIndexes(db: Database, work: () => Promise<void>): Promise<void> {
  const { rows } = await indexes(db).execute(db)
  for (const { name } of rows) await sql`drop index ${sql.id(name)}`.execute(db)
  await work()
  for (const { definition } of rows) await sql.raw(definition).execute(db)
  // What autovacuum does within a minute; SQLite has no statistics in use either.
  if (databaseKind(db) === 'postgres') await sql`vacuum analyze`.execute(db)
}

const filled = ['tasks', 'changes', 'task_facts']

/** Those that the filled tables can do without meanwhile. */
function indexes(db: Database) {
  if (databaseKind(db) === 'sqlite') {
    return sql<{ name: string; definition: string }>`
      select name, sql as definition from sqlite_master
      where type = 'index' and sql is not null and tbl_name in (${sql.join(filled)})`
  }
  return sql<{ name: string; definition: string }>`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = current_schema() and tablename in (${sql.join(filled)})
      and indexname not in (select conname from pg_constraint)`
}

function rowsOf(spaceId: string, number: number, task: StoredTask) {
  const { title, description = null, priority, created, changed, isCompleted, dueDate, dueTime, dueTimeZone } = task
  const [id, at] = [idAt(created), (ms: number) => new Date(ms).toISOString()]
  const dueAt = dueDate && dueTime && dueTimeZone ? dueInstant(dueDate, dueTime, dueTimeZone) : null
  const change = (place: number, kind: string, when: number, after: object) => ({
    space_id: spaceId,
    revision: number * 3 + place,
    write_id: idAt(when),
    task_id: id,
    kind,
    at: at(when),
    by_kind: 'session',
    before: place === 1 ? null : '{}',
    after: JSON.stringify(after),
  })
  return {
    task: {
      space_id: spaceId,
      id,
      title,
      description,
      priority,
      due_date: dueDate,
      due_time: dueTime,
      due_time_zone: dueTimeZone,
      due_at: dueAt,
      version: 3,
      revision: number * 3 + 3,
      created_at: at(created),
      updated_at: at(changed),
      completed_at: isCompleted ? at(changed) : null,
      title_key: titleKey(title),
      search_text: description === null ? foldText(title) : `${foldText(title)}\n${foldText(description)}`,
    },
    changes: [
      change(1, 'task.created', created, { title }),
      change(2, 'task.updated', created + 60_000, { dueDate }),
      change(3, isCompleted ? 'task.completed' : 'task.updated', changed, { completed: isCompleted }),
    ],
    facts: {
      space_id: spaceId,
      task_id: id,
      created_ms: created,
      completed_ms: isCompleted ? changed : null,
      due_date: dueDate,
      due_time: dueTime,
      due_ms: dueAt === null ? null : Date.parse(dueAt),
    },
  }
}

/** As a UUIDv7: in the order of time. */
function idAt(milliseconds: number): string {
  const time = milliseconds.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** All rows as one parameter: a statement with a parameter for each value takes longer to make than to run. */
async function insertMany(db: Database, table: string, rows: readonly object[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {})
  const columns = sql.join(names.map((name) => sql.ref(name)))
  if (databaseKind(db) === 'postgres') {
    const typed = sql`json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json)`
    await sql`insert into ${sql.table(table)} (${columns}) select ${columns} from ${typed}`.execute(db)
    return
  }
  const values = sql.join(names.map((_, place) => sql`value ->> ${sql.lit(place)}`))
  await sql`insert into ${sql.table(table)} (${columns}) select ${values} from ${eachOf(
    db,
    JSON.stringify(rows.map((row) => Object.values(row))),
  )}`.execute(db)
}
