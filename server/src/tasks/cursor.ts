import type { TaskQuery } from '@taskwell/api'
import type { Context } from '../context.ts'
import { openCursor, sealCursor } from '../cursors.ts'

/** The place in a sorted list right after a task: its sort key and id. */
export interface Place {
  readonly key: string | number | null
  readonly id: string
}

type Holder = Pick<Context, 'secret' | 'caller'>

/** The place as a client holds it. */
export function writeCursor(ctx: Holder, query: TaskQuery, { key, id }: Place): string {
  return sealCursor(ctx, ['tasks', queryIdentity(query)], [key, id])
}

/** @throws validation_failed for a cursor that is broken, of another user or of another query. */
export function readCursor(ctx: Holder, query: TaskQuery, cursor: string): Place {
  const [key, id] = openCursor<[Place['key'], string]>(ctx, ['tasks', queryIdentity(query)], cursor)
  return { key, id }
}

/** What makes two queries the same list: the page's size and the total do not, and defaults may be written out. */
function queryIdentity({ limit: _limit, cursor: _cursor, count: _count, ...query }: TaskQuery): [string, unknown][] {
  const priority = query.priority && [...new Set(query.priority)].toSorted()
  const full = { ...query, priority, sort: query.sort ?? '-createdAt', deleted: query.deleted ?? false }
  return Object.entries(full)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}
