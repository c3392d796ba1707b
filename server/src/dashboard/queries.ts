import type { TaskQuery } from '@taskwell/api'
import { type Expression, sql } from 'kysely'
import type { Calendar } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { eachOf } from '../database/sql.ts'
import { matchingTasks } from '../tasks/index.ts'

export async function findRevision(db: Database, spaceId: string): Promise<number> {
  const row = await db.selectFrom('spaces').select('revision').where('id', '=', spaceId).executeTakeFirstOrThrow()
  return row.revision
}

export async function listCounts(db: Database, spaceId: string) {
  return db
    .selectFrom('task_counts')
    .select(['priority', 'total', 'completed', 'undated'])
    .where('space_id', '=', spaceId)
    .execute()
}

/** The tasks that the list shows for this `due`, read from an index alone. */
export function selectDue(db: Database, spaceId: string, due: NonNullable<TaskQuery['due']>, calendar: Calendar) {
  return matchingTasks(db, spaceId, { due, calendar, words: [], candidates: undefined, dueColumn: 'due_date' })
}

export async function countDue(db: Database, spaceId: string, due: 'today' | 'week', calendar: Calendar) {
  const { count } = await selectDue(db, spaceId, due, calendar)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export async function countOverdue(db: Database, spaceId: string, calendar: Calendar) {
  return selectOverdue(db, spaceId, calendar).executeTakeFirstOrThrow()
}

export function selectOverdue(db: Database, spaceId: string, calendar: Calendar) {
  return selectDue(db, spaceId, 'overdue', calendar).select((eb) => {
    const ofPriority = (priority: number) => eb.fn.countAll<number>().filterWhere('priority', '=', priority)
    return [ofPriority(1).as('high'), ofPriority(2).as('medium'), ofPriority(3).as('low')]
  })
}

/** From the first instant, included, to the second, in milliseconds since 1970. */
export type Span = readonly [from: number, to: number]

/** How many tasks were created in each of the spans, deleted ones included. */
export function selectCreated(db: Database, spaceId: string, spans: readonly Span[]) {
  return db
    .selectFrom(eachOf(db, spans).as('spans'))
    .select(spanStart.as('start'))
    .select((eb) =>
      eb
        .selectFrom('task_facts')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('space_id', '=', spaceId)
        .where('created_ms', '>=', spanStart)
        .where('created_ms', '<', spanEnd)
        .$asScalar()
        .$notNull()
        .as('created'),
    )
}

const spanStart = sql<number>`cast(spans.value ->> 0 as bigint)`
const spanEnd = sql<number>`cast(spans.value ->> 1 as bigint)`

/** Of the tasks created in the span, how many are completed now. */
export function selectCompletedOfCreated(db: Database, spaceId: string, [from, to]: Span) {
  return db
    .selectFrom('task_facts')
    .select((eb) => eb.fn.count<number>('completed_ms').as('completed'))
    .where('space_id', '=', spaceId)
    .where('created_ms', '>=', from)
    .where('created_ms', '<', to)
}

export interface Completion {
  readonly task_id: string
  readonly created_ms: number
  readonly completed_ms: number
  readonly due_date: string | null
  readonly due_time: string | null
  readonly due_ms: number | null
}

/** The completions of the span in order, from the one after `after` on. */
export function selectCompletions(
  db: Database,
  spaceId: string,
  { span: [from, to], after, limit }: { span: Span; after: Completion | undefined; limit: number },
) {
  const completions = db
    .selectFrom('task_facts')
    .select(['task_id', 'created_ms', 'due_date', 'due_time', 'due_ms'])
    .select((eb) => eb.ref('completed_ms').$notNull().as('completed_ms'))
    .where('space_id', '=', spaceId)
    .where('completed_ms', '<', to)
    .orderBy('completed_ms')
    .orderBy('task_id')
    .orderBy('created_ms')
    .limit(limit)
  if (!after) return completions.where('completed_ms', '>=', from)
  return completions.where((eb) =>
    eb(
      eb.refTuple('completed_ms', 'task_id', 'created_ms'),
      '>',
      eb.tuple(after.completed_ms, after.task_id, after.created_ms),
    ),
  )
}

/** Days of one length, in milliseconds, one after the other. */
export interface EqualDays {
  readonly start: number
  readonly end: number
  readonly length: number
}

/** The first completion of each day that has one: from one to the next by the index, whatever lies between. */
export function selectActive(db: Database, spaceId: string, { start, end, length }: EqualDays) {
  const firstFrom = (from: Expression<number> | number) =>
    db
      .selectFrom('task_facts')
      .select((eb) => eb.fn.min<number | null>('completed_ms').as('first'))
      .where('space_id', '=', spaceId)
      .where('completed_ms', '>=', from)
      .where('completed_ms', '<', end)
  const nextDay = sql<number>`${start} + ((active.first - ${start}) / ${length} + 1) * ${length}`
  return db
    .withRecursive('active', (db) =>
      firstFrom(start).unionAll(
        db.selectFrom('active').select(firstFrom(nextDay).as('first')).where('active.first', 'is not', null),
      ),
    )
    .selectFrom('active')
    .select('active.first')
    .where('active.first', 'is not', null)
    .$narrowType<{ first: number }>()
}

/** The first completion at that instant or later. */
export function selectNextCompletion(db: Database, spaceId: string, from: number) {
  return db
    .selectFrom('task_facts')
    .select((eb) => eb.ref('completed_ms').$notNull().as('completed_ms'))
    .where('space_id', '=', spaceId)
    .where('completed_ms', '>=', from)
    .orderBy('completed_ms')
    .limit(1)
}
