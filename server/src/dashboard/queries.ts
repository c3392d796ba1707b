import { type Expression, type RawBuilder, sql } from 'kysely'
import type { Calendar } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { eachOf, jsonArray, jsonOfRows } from '../database/sql.ts'
import { dueConditions, matchingTasks } from '../tasks/index.ts'

/** Both databases answer JSON as text, so that one way leads to the values. */
type JsonText = string

/** Due days as written, both included. */
export interface DueDays {
  readonly from: string
  readonly to: string
}

/**
 * The revision of the space, the counts that are kept: of open tasks due before the days for each priority, and as
 * `[priority, figure, count]` those of the days and those that have no day.
 */
export function selectCounts(db: Database, spaceId: string, { from, to }: DueDays) {
  const dueBefore = (priority: number) => sql<number>`(
    select cast(coalesce(sum(count), 0) as bigint) from figure_counts
    where space_id = ${spaceId} and priority = ${sql.lit(priority)} and figure < ${from})`
  const count = jsonArray(
    db,
    ['priority', 'figure', 'count'].map((name) => sql.ref(name)),
  )
  const counts = sql<JsonText | null>`(
    select cast(${jsonOfRows(db, count)} as text) from figure_counts
    where space_id = ${spaceId} and priority in (1, 2, 3) and figure >= ${from}
      and (figure <= ${to} or figure > '9999-12-31'))`
  return db
    .selectFrom('spaces')
    .select(['revision', counts.as('counts')])
    .select([dueBefore(1).as('high'), dueBefore(2).as('medium'), dueBefore(3).as('low')])
    .where('id', '=', spaceId)
}

/** The open tasks due on these days, as the list has them at this minute; read from an index alone. */
export function selectDue(db: Database, spaceId: string, calendar: Calendar, { from, to }: DueDays) {
  return matchingTasks(db, spaceId, { calendar, words: [], candidates: undefined, completed: false })
    .where('due_date', '>=', from)
    .where('due_date', '<=', to)
    .select((eb) => {
      const count = (due: 'today' | 'week' | 'overdue', ...more: Expression<boolean>[]) =>
        eb.fn.countAll<number>().filterWhere(eb.and([...dueConditions(eb, due, calendar, 'due_date'), ...more]))
      const overdue = (priority: number) => count('overdue', eb('priority', '=', priority).$castTo<boolean>())
      return [
        count('today').as('today'),
        count('week').as('week'),
        overdue(1).as('high'),
        overdue(2).as('medium'),
        overdue(3).as('low'),
      ]
    })
}

/** A time in which days are counted: `[place of the day, from, to]` in milliseconds, then what else a statement needs. */
export type Span = readonly [place: number, from: number, to: number, ...more: (string | number)[]]

/** How many tasks were created in each of the spans, deleted ones included, and how many of these are completed now. */
export function selectCreated(db: Database, spaceId: string, spans: readonly Span[], rows: number) {
  const found = jsonArray(db, [sql`count(*)`, sql`count(completed_ms)`])
  return selectInSpans(db, { spaceId, spans, rows, column: 'created_ms', found })
}

/**
 * The completions of each span: how many there are, with a due date, late, and how long each took in milliseconds.
 * Late is what the list would have shown as overdue at the moment of completion. A span goes on with its date and clock:
 * `[…, date, minute of the change, zero before, zero after]`.
 */
export function selectCompletions(db: Database, spaceId: string, spans: readonly Span[], rows: number) {
  const minute = sql`completed_ms - completed_ms % 60000`
  const dueMinute = sql`(cast(substr(due_time, 1, 2) as integer) * 60 + cast(substr(due_time, 4, 2) as integer))`
  const isLate = sql`case
    when due_ms is not null then due_ms < ${minute}
    when due_date <> spans.date then due_date < spans.date
    else ${dueMinute} * 60000 + case when ${dueMinute} < spans.change then spans.zero else spans.zero_after end < ${minute}
  end`
  const found = jsonArray(db, [
    sql`count(*)`,
    sql`count(due_date)`,
    sql`count(case when ${isLate} then 1 end)`,
    jsonOfRows(db, sql`completed_ms - created_ms`),
  ])
  return selectInSpans(db, { spaceId, spans, rows, column: 'completed_ms', found })
}

interface Counting {
  readonly spaceId: string
  readonly spans: readonly Span[]
  /** About how many rows are counted, so that the statement is short whatever happened in the spans. */
  readonly rows: number
  readonly column: 'created_ms' | 'completed_ms'
  readonly found: RawBuilder<unknown>
}

/** Aggregates of the facts in each of the spans, in order, as far as so many rows reach. */
function selectInSpans(db: Database, { spaceId, spans, rows, column, found }: Counting) {
  const moment = sql.ref(column)
  const [from, to] = [spans[0]?.[1] ?? 0, spans.at(-1)?.[2] ?? 0]
  const number = (place: number) => sql`cast(value ->> ${sql.lit(place)} as bigint)`
  return db
    .with(
      (cte) => cte('spans').materialized(),
      () => sql<{ place: number; begins: number }>`(
        select ${number(0)} as place, ${number(1)} as begins, ${number(2)} as ends, value ->> 3 as date,
          ${number(4)} as change, ${number(5)} as zero, ${number(6)} as zero_after
        from ${eachOf(db, JSON.stringify(spans))})`,
    )
    .with(
      (cte) => cte('reach').materialized(),
      () => sql<{ moment: number }>`(
        select coalesce((
          select ${moment} + 1 from task_facts where space_id = ${spaceId} and ${moment} >= ${from}
          order by ${moment} limit 1 offset ${rows}
        ), ${to}) as moment)`,
    )
    .selectFrom('spans')
    .innerJoin('reach', (join) => join.onRef('spans.begins', '<', 'reach.moment'))
    .select(['spans.place', 'reach.moment as counted_to'])
    .select(
      sql<JsonText>`(
        select cast(${found} as text) from task_facts
        where space_id = ${spaceId} and ${moment} >= spans.begins
          and ${moment} < case when spans.ends < reach.moment then spans.ends else reach.moment end
      )`.as('found'),
    )
    .orderBy('spans.place')
}

/** The revision of the space, and the marks of all days with completions as `[day, morning, afternoon]`. */
export function selectCompletionDays(db: Database, spaceId: string) {
  const mark = jsonArray(
    db,
    ['day', 'morning', 'afternoon'].map((name) => sql.ref(name)),
  )
  const marks = sql<JsonText | null>`(
    select cast(${jsonOfRows(db, mark)} as text) from completion_days where space_id = ${spaceId})`
  return db
    .selectFrom('spaces')
    .select(['revision', marks.as('marks')])
    .where('id', '=', spaceId)
}
