import { setTimeout as rest } from 'node:timers/promises'
import { type Context, transact } from '../context.ts'
import { tryLockName } from '../database/sql.ts'

export type RetentionContext = Pick<Context, 'db' | 'log' | 'now' | 'publish'>

/**
 * Does a bounded part of the work in a transaction of its own, then rests as long as it took, so that requests have at
 * least half of the time. Undefined when another node is at it.
 */
export async function inBatch<T>(
  ctx: RetentionContext,
  work: (ctx: RetentionContext) => Promise<T>,
): Promise<T | undefined> {
  const began = performance.now()
  const done = await transact(ctx, async (ctx) => ((await tryLockName(ctx.db, 'retention')) ? work(ctx) : undefined))
  await rest(performance.now() - began)
  return done
}

/** The instant so many days ago. */
export function daysAgo(now: Date, days: number): string {
  return new Date(now.getTime() - days * 24 * 60 * 60 * 1000).toISOString()
}
