import type { ActivityItem, ActivityPage, Contract, Input } from '@taskwell/api'
import type { Context } from '../context.ts'
import { openCursor, sealCursor } from '../cursors.ts'
import { isoInstant } from '../database/sql.ts'
import type { Outcome } from '../verb.ts'
import { selectActivity } from './activity-query.ts'
import { changedIn, kindOfWrite, type Step } from './sum-up.ts'

const defaultLimit = 50

/** One page of what happened in the caller's space, newest first: an item for each task that a write changed. */
export async function listActivity(
  ctx: Context,
  { query }: Input<Contract['listActivity']>,
): Promise<Outcome<ActivityPage>> {
  const list = ['activity']
  const rows = await selectActivity(ctx.db, {
    spaceId: ctx.caller.spaceId,
    before: query.cursor === undefined ? undefined : openCursor<number>(ctx, list, query.cursor),
    limit: query.limit ?? defaultLimit,
  }).execute()
  const [first] = rows
  if (!first) throw new Error(`The space ${ctx.caller.spaceId} is gone`)
  const items = [...Map.groupBy(rows.filter(isFound), (row) => row.last).values()].map(toItem)
  const last = items.at(-1)
  const hasMore = last !== undefined && (first.found ?? 0) > items.length
  return {
    body: { items, nextCursor: hasMore ? sealCursor(ctx, list, last.revision) : null },
    revision: first.space_revision,
  }
}

type Row = Awaited<ReturnType<ReturnType<typeof selectActivity>['execute']>>[number]
type FoundRow = Row & Step & { last: number; at: string | Date }

/** Not the row that stands for an empty page. */
function isFound(row: Row): row is FoundRow {
  return row.last !== null
}

function toItem(rows: readonly FoundRow[]): ActivityItem {
  const last = rows.at(-1)
  if (!last) throw new Error('An item without rows')
  return {
    revision: last.last,
    at: isoInstant(last.at),
    kind: kindOfWrite(rows),
    taskId: last.task_id,
    title: last.title ?? '',
    changed: changedIn(rows),
    by: { kind: asStored(last.by_kind), name: last.by_name },
  }
}

/** Only values of the type are ever written to the column. */
function asStored(value: string | null): ActivityItem['by']['kind'] {
  return value as ActivityItem['by']['kind']
}
