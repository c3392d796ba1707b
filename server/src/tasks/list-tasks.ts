import type { Contract, Input, TaskPage } from '@taskwell/api'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import { accountGone, invalid } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { countWords, searchWords } from '../text/index.ts'
import { searchCandidates } from '../database/search.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { chooseDueColumn } from './due-column.ts'
import { isTaskRow, toTask } from './task-row.ts'
import { sortingOf } from './sorting.ts'
import { type PageRequest, placeOf, selectPage } from './page-query.ts'

const maxWords = 10
const defaultLimit = 50

/** One page of the caller's tasks: searched, filtered and sorted, all from one snapshot of the space. */
export async function listTasks(ctx: Context, { query }: Input<Contract['listTasks']>): Promise<Outcome<TaskPage>> {
  const request = await pageRequest(ctx, query)
  const rows = await selectPage(ctx.db, request).execute()
  const [first] = rows
  if (!first) throw accountGone()
  const found = rows.filter(isTaskRow)
  const last = found.at(-1)
  const hasMore = last !== undefined && (last.found ?? 0) > found.length
  const page: TaskPage = {
    items: found.map(toTask),
    nextCursor: hasMore ? writeCursor(ctx, query, placeOf(last)) : null,
  }
  return {
    body: first.total === null ? page : { ...page, total: first.total },
    revision: first.space_revision,
  }
}

/** What the query means for this caller at this moment. */
export async function pageRequest(ctx: Context, query: Input<Contract['listTasks']>['query']): Promise<PageRequest> {
  const { q = '' } = query
  if (countWords(q) > maxWords) throw invalid('/query/q', `must have at most ${maxWords} words`)
  const words = [...new Set(searchWords(q))]
  const { spaceId, timeZone } = ctx.caller
  const sorting = sortingOf(query)
  const filter = {
    ...query,
    words,
    candidates: await searchCandidates(ctx.db, words),
    calendar: calendarAt(ctx.now, query.timeZone ?? timeZone),
  }
  return {
    spaceId,
    filter: { ...filter, dueColumn: await chooseDueColumn(ctx.db, spaceId, filter, sorting) },
    sorting,
    after: query.cursor === undefined ? undefined : readCursor(ctx, query, query.cursor),
    limit: query.limit ?? defaultLimit,
    isCounted: query.count === 'exact',
  }
}
