import { type Kysely, sql } from 'kysely'

/**
 * What the dashboard reads: facts that outlive their tasks, counts, and an index that counts open tasks by due date
 * without their rows. Filled from what is there; of tasks erased before, the due dates are not known any more.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  for (const statement of kind === 'sqlite' ? sqliteStatements() : postgresStatements()) {
    await sql.raw(statement).execute(db)
  }
}

interface Types {
  text: string
  uuid: string
  counter: string
  end: string
  /** An instant's column in milliseconds since 1970. */
  milliseconds(column: string): string
}

function sqliteStatements(): string[] {
  return statements({
    text: 'text',
    uuid: 'text',
    counter: 'integer',
    end: ') strict',
    milliseconds: (column) => `unixepoch(${column}) * 1000 + cast(substr(${column}, 21, 3) as integer)`,
  })
}

function postgresStatements(): string[] {
  const types: Types = {
    text: 'text collate "C"',
    uuid: 'uuid',
    counter: 'bigint',
    end: ')',
    milliseconds: (column) => `(extract(epoch from ${column}) * 1000)::bigint`,
  }
  return [...statements(types), 'analyze task_facts, task_counts']
}

function statements({ text, uuid, counter, end, milliseconds }: Types): string[] {
  return [
    `create table task_facts (
      space_id ${uuid} not null references spaces (id) on delete cascade, task_id ${uuid} not null,
      created_ms ${counter} not null, completed_ms ${counter},
      due_date ${text}, due_time ${text}, due_ms ${counter}, primary key (space_id, task_id, created_ms)${end}`,
    `create table task_counts (
      space_id ${uuid} not null references spaces (id) on delete cascade, priority integer not null,
      total ${counter} not null, completed ${counter} not null, undated ${counter} not null,
      primary key (space_id, priority)${end}`,
    `insert into task_facts (space_id, task_id, created_ms, completed_ms, due_date, due_time, due_ms)
      select space_id, id, ${milliseconds('created_at')}, ${milliseconds('completed_at')},
        due_date, due_time, ${milliseconds('due_at')}
      from tasks order by space_id, created_at`,
    `insert into task_counts (space_id, priority, total, completed, undated)
      select space_id, priority, count(*), count(completed_at),
        count(*) filter (where completed_at is null and due_date is null)
      from tasks where deleted_at is null group by space_id, priority`,
    'create index task_facts_created on task_facts (space_id, created_ms, completed_ms)',
    `create index task_facts_completed on task_facts
      (space_id, completed_ms, task_id, created_ms, due_date, due_time, due_ms) where completed_ms is not null`,
    // The last two are always null: SQLite reads the row for a column that the index lacks, even for what it implies.
    `create index tasks_open_due_date on tasks
      (space_id, due_date, due_time, due_at, priority, completed_at, deleted_at)
      where deleted_at is null and completed_at is null`,
    'drop index changes_write',
    'create index changes_write on changes (space_id, write_id, task_id, revision)',
  ]
}
