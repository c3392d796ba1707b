import type { Database } from '../database/open.ts'
import type { FinishedReply } from './answer-once.ts'

/** The reply kept under the key since then, with what was asked. */
export async function findKeptReply(
  db: Database,
  { userId, key, since }: { userId: string; key: string; since: string },
): Promise<{ requestHash: string; reply: FinishedReply } | undefined> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'headers', 'body'])
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .where('created_at', '>', since)
    .executeTakeFirst()
  if (!row) return undefined
  const { request_hash, status, headers, body } = row
  return { requestHash: request_hash, reply: { status, headers: JSON.parse(headers), body } }
}

/** Keeps the reply under the key, in place of one that is too old. */
export async function keepReply(
  db: Database,
  {
    userId,
    key,
    requestHash,
    reply,
    now,
  }: { userId: string; key: string; requestHash: string; reply: FinishedReply; now: string },
): Promise<void> {
  const { status, headers, body } = reply
  const kept = { request_hash: requestHash, status, headers: JSON.stringify(headers), body, created_at: now }
  await db
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key, ...kept })
    .onConflict((conflict) => conflict.columns(['user_id', 'key']).doUpdateSet(kept))
    .execute()
}
