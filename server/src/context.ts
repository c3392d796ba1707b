import type { Scope } from '@taskwell/api'
import type { BaseLogger } from 'pino'
import type { Database } from './database/open.ts'
import { retryLost } from './database/retry-lost.ts'
import { inSharedTransaction } from './database/shared-transaction.ts'

/** Who acts. `cli` and `system` act for a user without a session. */
export interface Caller {
  readonly userId: string
  readonly spaceId: string
  /** The user's own time zone (IANA). */
  readonly timeZone: string
  /** The revision of the user's space when the caller was identified. */
  readonly revision: number
  readonly by: Author
  readonly sessionId: string | null
  /** The API token by which the caller acts. */
  readonly token?: { readonly id: string; readonly scopes: readonly Scope[] }
}

/** Who made a change, as history tells it. */
export interface Author {
  readonly kind: 'session' | 'token' | 'cli' | 'system'
  readonly name: string | null
}

/** News for other devices: the space has moved to this revision. Sent after commit, never before. */
export interface SpaceChanged {
  readonly spaceId: string
  readonly revision: number
}

/** News for the account's open connections: the user, or what they are signed in with, is not what it was. */
export interface AccountChanged {
  readonly userId: string
}

export type News = SpaceChanged | AccountChanged

export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>

/** What code that acts for a user may use; made for each request and passed first. */
export interface Context {
  readonly db: Database
  readonly caller: Caller
  readonly now: Date
  readonly log: Log
  /** Signs what clients hold for us, such as cursors. */
  readonly secret: string
  /** How many tasks a space may hold outside the bin; undefined for as many as one likes. */
  readonly taskQuota?: number | undefined
  publish(event: News): void
}

/**
 * Runs `work` in a transaction, joining the one that is open. The context it gets has the transaction as `db` and holds
 * back events until the commit; of several moves of one space the last is told. Work that PostgreSQL took back for the
 * sake of another transaction is done again, so it does nothing but SQL. Name it `ctx` too, so that the outer one cannot be used by mistake.
 */
export function transact<C extends Pick<Context, 'db' | 'publish'>, T>(
  ctx: C,
  work: (ctx: C) => Promise<T>,
): Promise<T> {
  return transactBy((db, work) => db.transaction().execute(work), ctx, work)
}

/** The same for a write to the caller's space, which may be committed with others to that space that come at once. */
export function transactInSpace<C extends Pick<Context, 'db' | 'publish' | 'caller'>, T>(
  ctx: C,
  work: (ctx: C) => Promise<T>,
): Promise<T> {
  return transactBy((db, work) => inSharedTransaction(db, ctx.caller.spaceId, work), ctx, work)
}

async function transactBy<C extends Pick<Context, 'db' | 'publish'>, T>(
  execute: (db: Database, work: (db: Database) => Promise<T>) => Promise<T>,
  ctx: C,
  work: (ctx: C) => Promise<T>,
): Promise<T> {
  if (ctx.db.isTransaction) return work(ctx)
  const { result, events } = await retryLost(ctx.db, async () => {
    const events = new Map<string, News>()
    const publish = (event: News) => void events.set('spaceId' in event ? event.spaceId : event.userId, event)
    const result = await execute(ctx.db, (db) => work({ ...ctx, db, publish }))
    return { result, events }
  })
  for (const event of events.values()) ctx.publish(event)
  return result
}
