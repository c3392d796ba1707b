import type { AccountEventKind } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import type { Database } from '../database/open.ts'
import type { Visit } from '../verb.ts'
import { insertEvent, pruneEvents } from './queries.ts'

/** Where something was asked for. */
export interface Origin {
  readonly ip: string | null
  readonly userAgent: string | null
}

const longestUserAgent = 500

export function originOf({ headers, ip }: Pick<Visit, 'headers' | 'ip'>): Origin {
  return { ip, userAgent: headers['user-agent']?.slice(0, longestUserAgent) ?? null }
}

/** Tells the owner of an account what happened to it. Only the newest events are kept. */
export async function recordEvent(
  db: Database,
  { userId, kind, origin, now }: { userId: string; kind: AccountEventKind; origin: Origin; now: Date },
): Promise<void> {
  const { ip, userAgent } = origin
  const at = now.toISOString()
  await insertEvent(db, { id: uuidv7(), user_id: userId, at, kind, ip, user_agent: userAgent })
  await pruneEvents(db, userId, kind)
}
