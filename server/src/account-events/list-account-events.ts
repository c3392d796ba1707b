import type { contract } from '@taskwell/api'
import { openCursor, sealCursor } from '../cursors.ts'
import type { Verb } from '../verb.ts'
import type { FailureLog } from './failure-log.ts'
import { listEvents, toEvent } from './queries.ts'

const defaultLimit = 50
const list = ['account events']

/** One page of what happened to the caller's account, the newest first. */
export function listAccountEventsWith(failures: Pick<FailureLog, 'flush'>): Verb<typeof contract.listAccountEvents> {
  return async (ctx, { query }) => {
    const { limit = defaultLimit, cursor } = query
    await failures.flush()
    const rows = await listEvents(ctx.db, {
      userId: ctx.caller.userId,
      before: cursor === undefined ? undefined : openCursor<{ at: string; id: string }>(ctx, list, cursor),
      limit: limit + 1,
    })
    const items = rows.slice(0, limit).map(toEvent)
    const last = items.at(-1)
    const hasMore = rows.length > limit && last !== undefined
    return { body: { items, nextCursor: hasMore ? sealCursor(ctx, list, { at: last.at, id: last.id }) : null } }
  }
}
