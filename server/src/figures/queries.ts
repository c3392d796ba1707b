import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import type { TaskCountsTable, TaskFactsTable } from '../database/schema.ts'
import { epochMilliseconds } from '../database/sql.ts'

export type Facts = Omit<Selectable<TaskFactsTable>, 'space_id'>
type Counts = Selectable<TaskCountsTable>

export async function insertFacts(db: Database, spaceId: string, facts: Facts): Promise<void> {
  await insertFactsRow(db, { space_id: spaceId, ...facts })
}

const insertFactsRow = prepared((db, facts: Selectable<TaskFactsTable>) => db.insertInto('task_facts').values(facts))

/** An id may come again once the tombstone of an earlier task is gone: the moment of creation tells them apart. */
export async function updateFacts(
  db: Database,
  spaceId: string,
  { task_id, created_ms, ...facts }: Facts,
): Promise<void> {
  await db
    .updateTable('task_facts')
    .set(facts)
    .where('space_id', '=', spaceId)
    .where('task_id', '=', task_id)
    .where('created_ms', '=', created_ms)
    .execute()
}

export async function addCounts(db: Database, counts: Counts): Promise<void> {
  await upsertCounts(db, counts)
}

const upsertCounts = prepared((db, counts: Counts) =>
  db
    .insertInto('task_counts')
    .values(counts)
    .onConflict((conflict) =>
      conflict.columns(['space_id', 'priority']).doUpdateSet((eb) => ({
        total: eb('task_counts.total', '+', eb.ref('excluded.total')),
        completed: eb('task_counts.completed', '+', eb.ref('excluded.completed')),
        undated: eb('task_counts.undated', '+', eb.ref('excluded.undated')),
      })),
    ),
)

export async function listKeptCounts(db: Database, spaceId: string): Promise<Counts[]> {
  return db.selectFrom('task_counts').selectAll().where('space_id', '=', spaceId).orderBy('priority').execute()
}

/** The counts as the tasks themselves have them. */
export async function countTasks(db: Database, spaceId: string): Promise<Counts[]> {
  return db
    .selectFrom('tasks')
    .select(['space_id', 'priority'])
    .select((eb) => [
      eb.fn.countAll<number>().as('total'),
      eb.fn.count<number>('completed_at').as('completed'),
      eb.fn
        .countAll<number>()
        .filterWhere((eb) => eb.and([eb('completed_at', 'is', null), eb('due_date', 'is', null)]))
        .as('undated'),
    ])
    .where('space_id', '=', spaceId)
    .where('deleted_at', 'is', null)
    .groupBy(['space_id', 'priority'])
    .orderBy('priority')
    .execute()
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
