import type { Contract, HistoryItem, HistoryPage, Input } from '@taskwell/api'
import type { Context } from '../context.ts'
import { openCursor, sealCursor } from '../cursors.ts'
import { isoInstant } from '../database/sql.ts'
import { notFound } from '../errors.ts'
import type { Outcome } from '../verb.ts'
import { selectHistory } from './history-query.ts'

const defaultLimit = 50

/** One page of what happened to a task, in the bin or not, the newest first. */
export async function listTaskHistory(
  ctx: Context,
  { params, query }: Input<Contract['listTaskHistory']>,
): Promise<Outcome<HistoryPage>> {
  const list = ['history', params.id]
  const rows = await selectHistory(ctx.db, {
    spaceId: ctx.caller.spaceId,
    taskId: params.id,
    before: query.cursor === undefined ? undefined : openCursor<number>(ctx, list, query.cursor),
    limit: query.limit ?? defaultLimit,
  }).execute()
  const [first] = rows
  if (!first) throw notFound('Task')
  const items = rows.flatMap(toHistoryItem)
  const last = items.at(-1)
  const hasMore = last !== undefined && (first.found ?? 0) > items.length
  return {
    body: { items, nextCursor: hasMore ? sealCursor(ctx, list, last.revision) : null },
    revision: first.space_revision,
  }
}

type Row = Omit<Awaited<ReturnType<ReturnType<typeof selectHistory>['execute']>>[number], 'space_revision' | 'found'>

/** None of a row that stands for an empty page. */
export function toHistoryItem({ revision, kind, at, by_kind, by_name, before, after, undoes }: Row): HistoryItem[] {
  if (revision === null || at === null || after === null) return []
  return [
    {
      revision,
      at: isoInstant(at),
      kind: asStored<HistoryItem['kind']>(kind),
      by: { kind: asStored<HistoryItem['by']['kind']>(by_kind), name: by_name },
      before: before === null ? null : JSON.parse(before),
      after: JSON.parse(after),
      undoes,
    },
  ]
}

/** Only values of the type are ever written to the column. */
function asStored<T extends string>(value: string | null): T {
  return value as T
}
