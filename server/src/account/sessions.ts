import type { SessionItem } from '@taskwell/api'
import type { Context } from '../context.ts'
import { isoInstant } from '../database/sql.ts'

/** The caller's live sessions, the most recently used one first. */
export async function findSessions({ db, caller, now }: Context): Promise<SessionItem[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'expires_at', 'last_active_at', 'ip_address', 'user_agent'])
    .where('user_id', '=', caller.userId)
    .where('expires_at', '>', now.toISOString())
    .execute()
  return rows
    .map((row) => ({
      id: row.id,
      createdAt: isoInstant(row.created_at),
      lastActiveAt: row.id === caller.sessionId ? now.toISOString() : isoInstant(row.last_active_at ?? row.created_at),
      expiresAt: isoInstant(row.expires_at),
      ip: row.ip_address || null,
      userAgent: row.user_agent || null,
      current: row.id === caller.sessionId,
    }))
    .toSorted((a, b) => (a.lastActiveAt < b.lastActiveAt ? 1 : -1))
}
