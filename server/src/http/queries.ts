import type { Database } from '../database/open.ts'
import type { FinishedReply, NewReply } from './answer-once.ts'

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

interface ReplyToKeep {
  readonly userId: string
  readonly spaceId: string
  readonly key: string
  readonly requestHash: string
  readonly reply: NewReply
  readonly now: string
}

/** Keeps the reply under the key, in place of one that is too old. */
export async function keepReply(
  db: Database,
  { userId, spaceId, key, requestHash, reply, now }: ReplyToKeep,
): Promise<void> {
  const { status, headers, body, taskIds } = reply
  const kept = { request_hash: requestHash, status, headers: JSON.stringify(headers), body, created_at: now }
  await db.deleteFrom('idempotency_keys').where('user_id', '=', userId).where('key', '=', key).execute()
  await db
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key, ...kept })
    .execute()
  if (taskIds.length === 0) return
  await db
    .insertInto('idempotency_key_tasks')
    .values(taskIds.map((id) => ({ space_id: spaceId, task_id: id, user_id: userId, key })))
    .execute()
}
