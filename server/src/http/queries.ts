import type { Insertable } from 'kysely'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import { runTogether } from '../database/run-together.ts'
import type { Schema } from '../database/schema.ts'
import { isoInstant } from '../database/sql.ts'
import type { FinishedReply, NewReply } from './answer-once.ts'

/** The reply that is kept under the key, with what was asked. */
export async function findKeptReply(
  db: Database,
  { userId, key }: { userId: string; key: string },
): Promise<{ requestHash: string; reply: FinishedReply; keptAt: string } | undefined> {
  const [row] = await selectKept(db, { userId, key })
  if (!row) return undefined
  const { request_hash, status, headers, body, created_at } = row
  const reply = { status, headers: JSON.parse(headers), body }
  return { requestHash: request_hash, reply, keptAt: isoInstant(created_at) }
}

const selectKept = prepared((db, { userId, key }: { userId: string; key: string }) =>
  db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'headers', 'body', 'created_at'])
    .where('user_id', '=', userId)
    .where('key', '=', key),
)

interface ReplyToKeep {
  readonly userId: string
  readonly spaceId: string
  readonly key: string
  readonly requestHash: string
  readonly reply: NewReply
  readonly now: string
  /** Whether there is one under the key, which is too old. */
  readonly isInPlace: boolean
}

export async function keepReply(
  db: Database,
  { userId, spaceId, key, requestHash, reply, now, isInPlace }: ReplyToKeep,
): Promise<void> {
  const { status, headers, body, taskIds } = reply
  const kept = { request_hash: requestHash, status, headers: JSON.stringify(headers), body, created_at: now }
  if (isInPlace) await deleteKept(db, { userId, key })
  const ofTasks = taskIds.map((id) => insertTaskOfKept.of(db, { space_id: spaceId, task_id: id, user_id: userId, key }))
  await runTogether(db, [insertKept.of(db, { user_id: userId, key, ...kept }), ...ofTasks])
}

const deleteKept = prepared((db, { userId, key }: { userId: string; key: string }) =>
  db.deleteFrom('idempotency_keys').where('user_id', '=', userId).where('key', '=', key),
)

const insertKept = prepared((db, row: Insertable<Schema['idempotency_keys']>) =>
  db.insertInto('idempotency_keys').values(row),
)

const insertTaskOfKept = prepared((db, row: Insertable<Schema['idempotency_key_tasks']>) =>
  db.insertInto('idempotency_key_tasks').values(row),
)

/** Whether the account is there, and not closed. */
export async function hasAccount(db: Database, userId: string): Promise<boolean> {
  const user = db.selectFrom('users').select('id').where('id', '=', userId).where('deleted_at', 'is', null)
  return (await user.executeTakeFirst()) !== undefined
}
