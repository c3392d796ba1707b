import type { ChangePage, ChangeQuery, Contract, Input } from '@taskwell/api'
import type { Context } from '../context.ts'
import { openCursor, sealCursor } from '../cursors.ts'
import { getEpoch } from '../database/migrate.ts'
import { invalid, Refusal } from '../errors.ts'
import { isTaskRow, maxPageText, toTask } from '../tasks/index.ts'
import type { Outcome } from '../verb.ts'
import { listFeed } from './queries.ts'

const defaultLimit = 500

/**
 * One page of what changed in the caller's space. A task that changes while a client pages takes a later revision and
 * comes again further on, so none is lost.
 */
export async function listChanges(
  ctx: Context,
  { query }: Input<Contract['listChanges']>,
): Promise<Outcome<ChangePage>> {
  const place = placeOf(ctx, query)
  const { spaceId } = ctx.caller
  const limit = query.limit ?? defaultLimit
  const rows = await listFeed(ctx.db, { spaceId, after: place.after, limit, maxText: maxPageText })
  const [first] = rows
  if (!first) throw new Error(`The space ${spaceId} is gone`)
  const epoch = first.epoch ?? (await getEpoch(ctx.db))
  refuseLost(place, { epoch, floor: first.floor, revision: first.space_revision })
  const found = rows.filter(isTaskRow)
  const last = found.at(-1)
  const hasMore = last !== undefined && (last.found ?? 0) > found.length
  const revision = hasMore ? last.revision : first.space_revision
  const body: ChangePage = {
    changes: found.map((row) => ({ type: 'task', task: toTask(row) })),
    revision,
    epoch,
    hasMore,
    next: hasMore ? sealCursor(ctx, ['changes'], [place.since, revision, epoch]) : null,
  }
  return { body, revision: first.space_revision }
}

/** Where a page begins. */
interface Place {
  /** What the client had before the first page. */
  readonly since: number
  readonly after: number
  /** The store's life that the client has known, if it says so. */
  readonly epoch: string | undefined
}

function placeOf(ctx: Context, { since, epoch, cursor }: ChangeQuery): Place {
  if (cursor === undefined) {
    if (since === undefined) throw invalid('/query/since', 'is required; 0 asks for everything')
    return { since, after: since, epoch: since === 0 ? undefined : epoch }
  }
  const [began, after, known] = openCursor<[number, number, string]>(ctx, ['changes'], cursor)
  if (since !== undefined && since !== began) {
    throw invalid('/query/cursor', 'is of another `since`: start from the first page')
  }
  return { since: began, after, epoch: known }
}

/**
 * Refuses a client that could no longer be told of every deletion, or that knows a future which the store has lost. A
 * full copy needs no past.
 */
function refuseLost({ since, after, epoch }: Place, space: { epoch: string; floor: number; revision: number }): void {
  const isOtherLife = epoch !== undefined && epoch !== space.epoch
  const isIncomplete = since > 0 && after < space.floor
  if (!isOtherLife && !isIncomplete && after <= space.revision) return
  throw new Refusal('resync_required', { detail: 'Read everything again with since=0, without epoch and cursor.' })
}
