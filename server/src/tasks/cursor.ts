import type { TaskQuery } from '@taskwell/api'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from '../context.ts'
import { invalid } from '../errors.ts'

/** The place in a sorted list right after a task: its sort key and id. */
export interface Place {
  readonly key: string | number | null
  readonly id: string
}

type Holder = Pick<Context, 'secret' | 'caller'>

/** A place as a client holds it: opaque, and of use only to the same user for the same query. */
export function writeCursor(ctx: Holder, query: TaskQuery, { key, id }: Place): string {
  const place = JSON.stringify([key, id])
  return Buffer.concat([sign(ctx, query, place), Buffer.from(place)]).toString('base64url')
}

/** @throws validation_failed for a cursor that is broken, of another user or of another query. */
export function readCursor(ctx: Holder, query: TaskQuery, cursor: string): Place {
  const bytes = Buffer.from(cursor, 'base64url')
  const place = bytes.subarray(signatureLength).toString()
  const signature = bytes.subarray(0, signatureLength)
  const isWhole = signature.length === signatureLength && bytes.toString('base64url') === cursor
  const isOurs = isWhole && timingSafeEqual(signature, sign(ctx, query, place))
  if (!isOurs) throw invalid('/query/cursor', 'is not of this list: start from its first page')
  return parsePlace(place)
}

const signatureLength = 16

function sign({ secret, caller }: Holder, query: TaskQuery, place: string): Buffer {
  return createHmac('sha256', secret)
    .update(JSON.stringify(['taskwell task list cursor 1', caller.userId, queryIdentity(query), place]))
    .digest()
    .subarray(0, signatureLength)
}

/** What makes two queries the same list: the page's size and the total do not, and defaults may be written out. */
function queryIdentity({ limit: _limit, cursor: _cursor, count: _count, ...query }: TaskQuery): [string, unknown][] {
  const priority = query.priority && [...new Set(query.priority)].toSorted()
  const full = { ...query, priority, sort: query.sort ?? '-createdAt', deleted: query.deleted ?? false }
  return Object.entries(full)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** The signature vouches for the shape. */
function parsePlace(place: string): Place {
  const [key, id] = JSON.parse(place) as [Place['key'], string]
  return { key, id }
}
