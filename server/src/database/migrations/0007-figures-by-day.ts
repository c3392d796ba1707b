import { type Kysely, sql } from 'kysely'

/**
 * Counts of open tasks for each due day, so that what is long overdue is not counted task by task, and the quarters of an
 * hour with completions, from which streaks in any zone follow. The number of tasks is kept in one place only.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const types =
    kind === 'sqlite'
      ? { text: 'text', uuid: 'text', counter: 'integer', one: '1', end: ') strict, without rowid' }
      : { text: 'text collate "C"', uuid: 'uuid', counter: 'bigint', one: '1::bigint', end: ')' }
  for (const statement of statements(types)) await sql.raw(statement).execute(db)
  if (kind === 'postgres') await sql.raw('analyze figure_counts, completion_days').execute(db)
}

function statements({ text, uuid, counter, one, end }: Record<'text' | 'uuid' | 'counter' | 'one' | 'end', string>) {
  const space = `space_id ${uuid} not null references spaces (id) on delete cascade`
  const quarter = '(completed_ms / 900000) % 96'
  // Of distinct powers of two the sum is what has all of their bits.
  const bits = (from: number) =>
    `coalesce(cast(sum(distinct case when ${quarter} >= ${from} and ${quarter} < ${from + 48}
      then ${one} << cast(${quarter} - ${from} as integer) end) as bigint), 0)`
  return [
    'drop table task_counts',
    `create table figure_counts (${space}, priority integer not null, figure ${text} not null, count ${counter} not null,
      primary key (space_id, priority, figure)${end}`,
    `insert into figure_counts (space_id, priority, figure, count)
      select space_id, priority, 'total', count(*) from tasks where deleted_at is null group by space_id, priority`,
    `insert into figure_counts (space_id, priority, figure, count)
      select space_id, priority, 'completed', count(*) from tasks
      where deleted_at is null and completed_at is not null group by space_id, priority`,
    `insert into figure_counts (space_id, priority, figure, count)
      select space_id, priority, coalesce(due_date, 'undated'), count(*) from tasks
      where deleted_at is null and completed_at is null group by space_id, priority, coalesce(due_date, 'undated')`,
    `create table completion_days (${space}, day integer not null, morning ${counter} not null, afternoon ${counter} not null,
      primary key (space_id, day)${end}`,
    `insert into completion_days (space_id, day, morning, afternoon)
      select space_id, completed_ms / 86400000, ${bits(0)}, ${bits(48)}
      from task_facts where completed_ms is not null group by space_id, completed_ms / 86400000`,
    'alter table spaces drop column task_count',
  ]
}
