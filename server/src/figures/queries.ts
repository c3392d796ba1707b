import { type CompiledQuery, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import type { CompletionDaysTable, FigureCountsTable, TaskFactsTable } from '../database/schema.ts'
import { epochMilliseconds } from '../database/sql.ts'
import { placeOf, quarterAt, spanOfQuarter } from './quarters.ts'

export type Facts = Omit<Selectable<TaskFactsTable>, 'space_id'>
export type Count = Omit<Selectable<FigureCountsTable>, 'space_id'>

export function factsToInsert(db: Database, spaceId: string, facts: Facts): CompiledQuery {
  return insertFactsRow.of(db, { space_id: spaceId, ...facts })
}

const insertFactsRow = prepared((db, facts: Selectable<TaskFactsTable>) => db.insertInto('task_facts').values(facts))

/** An id may come again once the tombstone of an earlier task is gone: the moment of creation tells them apart. */
export function factsToUpdate(db: Database, spaceId: string, { task_id, created_ms, ...facts }: Facts): CompiledQuery {
  return db
    .updateTable('task_facts')
    .set(facts)
    .where('space_id', '=', spaceId)
    .where('task_id', '=', task_id)
    .where('created_ms', '=', created_ms)
    .compile()
}

export function countToAdd(db: Database, spaceId: string, count: Count): CompiledQuery {
  return upsertCount.of(db, { space_id: spaceId, ...count })
}

const upsertCount = prepared((db, row: Selectable<FigureCountsTable>) =>
  db
    .insertInto('figure_counts')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['space_id', 'priority', 'figure'])
        .doUpdateSet((eb) => ({ count: eb('figure_counts.count', '+', eb.ref('excluded.count')) })),
    ),
)

export function completionToMark(db: Database, spaceId: string, milliseconds: number): CompiledQuery {
  return upsertCompletion.of(db, { space_id: spaceId, ...placeOf(quarterAt(milliseconds)) })
}

const upsertCompletion = prepared((db, row: Selectable<CompletionDaysTable>) =>
  db
    .insertInto('completion_days')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['space_id', 'day']).doUpdateSet({
        morning: sql`completion_days.morning | excluded.morning`,
        afternoon: sql`completion_days.afternoon | excluded.afternoon`,
      }),
    ),
)

/** After the completion is gone from the facts: others may have been in the same quarter of an hour. */
export async function unmarkCompletion(db: Database, spaceId: string, milliseconds: number): Promise<void> {
  const quarter = quarterAt(milliseconds)
  const { day, morning, afternoon } = placeOf(quarter)
  const { from, to } = spanOfQuarter(quarter)
  await db
    .updateTable('completion_days')
    .set({
      morning: sql`morning & ~cast(${morning} as bigint)`,
      afternoon: sql`afternoon & ~cast(${afternoon} as bigint)`,
    })
    .where('space_id', '=', spaceId)
    .where('day', '=', day)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('task_facts')
            .select('task_id')
            .where('space_id', '=', spaceId)
            .where('completed_ms', '>=', from)
            .where('completed_ms', '<', to),
        ),
      ),
    )
    .execute()
}

export async function listKeptCounts(db: Database, spaceId: string): Promise<Count[]> {
  return db
    .selectFrom('figure_counts')
    .select(['priority', 'figure', 'count'])
    .where('space_id', '=', spaceId)
    .where('count', '<>', 0)
    .orderBy('priority')
    .orderBy('figure')
    .execute()
}

/** The counts as the tasks themselves have them. */
export async function countTasks(db: Database, spaceId: string): Promise<Count[]> {
  const { rows } = await sql<Count>`
    with live as (
      select priority, case when completed_at is not null then 'completed' else coalesce(due_date, 'undated') end as state
      from tasks where space_id = ${spaceId} and deleted_at is null
    )
    select priority, 'total' as figure, count(*) as count from live group by priority
    union all select priority, state, count(*) from live group by priority, state
    order by 1, 2`.execute(db)
  return rows
}

/** The marks of completions as the facts have them. Before 1970 nothing was completed. */
export function completionDaysOfFacts(spaceId: string): RawBuilder<Omit<Selectable<CompletionDaysTable>, 'space_id'>> {
  const quarter = sql`(completed_ms / 900000) % 96`
  // Of distinct powers of two the sum is what has all of their bits.
  const bits = (from: number) => sql`
    coalesce(cast(sum(distinct case when ${quarter} >= ${sql.lit(from)} and ${quarter} < ${sql.lit(from + 48)}
      then cast(1 as bigint) << cast(${quarter} - ${sql.lit(from)} as integer) end) as bigint), 0)`
  return sql`
    select cast(completed_ms / 86400000 as integer) as day, ${bits(0)} as morning, ${bits(48)} as afternoon
    from task_facts where space_id = ${spaceId} and completed_ms is not null group by 1`
}

/** The days of UTC whose marks are not those of the facts. */
export async function listWrongDays(db: Database, spaceId: string, limit: number): Promise<number[]> {
  const { rows } = await sql<{ day: number }>`
    with told as (${completionDaysOfFacts(spaceId)})
    select day from (
      select day, morning, afternoon, 1 as is_told from told
      union all
      select day, morning, afternoon, -1 from completion_days
      where space_id = ${spaceId} and (morning <> 0 or afternoon <> 0)
    ) as both_sides
    group by day, morning, afternoon having sum(is_told) <> 0
    order by day limit ${limit}`.execute(db)
  return rows.map(({ day }) => day)
}

/** Tasks whose facts are missing or say otherwise; of an erased one the due date is known from the facts alone. */
export async function listWrongFacts(db: Database, spaceId: string, limit: number): Promise<string[]> {
  const created = epochMilliseconds(db, 'tasks.created_at')
  const { rows } = await sql<{ id: string }>`
    select tasks.id from tasks
    left join task_facts on task_facts.space_id = tasks.space_id and task_facts.task_id = tasks.id
      and task_facts.created_ms = ${created}
    where tasks.space_id = ${spaceId} and (
      task_facts.task_id is null
      or task_facts.completed_ms is distinct from ${epochMilliseconds(db, 'tasks.completed_at')}
      or tasks.erased_at is null and (
        task_facts.due_date is distinct from tasks.due_date
        or task_facts.due_time is distinct from tasks.due_time
        or task_facts.due_ms is distinct from ${epochMilliseconds(db, 'tasks.due_at')}
      )
    )
    order by tasks.id limit ${limit}`.execute(db)
  return rows.map((row) => row.id)
}

/** How many creations history tells, and how many tasks have facts: what is kept of each until the account is deleted. */
export async function countCreations(db: Database, spaceId: string): Promise<{ told: number; kept: number }> {
  return db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('changes')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('space_id', '=', spaceId)
        .where('kind', '=', 'task.created')
        .$asScalar()
        .$notNull()
        .as('told'),
      eb
        .selectFrom('task_facts')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('space_id', '=', spaceId)
        .$asScalar()
        .$notNull()
        .as('kept'),
    ])
    .executeTakeFirstOrThrow()
}
