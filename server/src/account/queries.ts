import type { Database } from '../database/open.ts'

/** How many rows of a table one step erases. */
const stepSize = 50

/** The password's hash of an account that is not closed. */
export async function findPasswordHash(db: Database, userId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('password')
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst()
  return row?.password ?? undefined
}

/**
 * Ends an account at once: nobody can use it any more, its address is free, and all that tells who it belonged to is
 * gone. What may be much is left for `eraseSome`. False when it was closed already.
 */
export async function closeAccount(db: Database, userId: string, now: string): Promise<boolean> {
  const user = await db
    .selectFrom('users')
    .select('email')
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!user) return false
  for (const table of ['sessions', 'api_tokens', 'accounts', 'two_factors', 'account_events'] as const)
    await db.deleteFrom(table).where('user_id', '=', userId).execute()
  await db.deleteFrom('verifications').where('value', 'in', [userId, user.email]).execute()
  await db.deleteFrom('mails').where('user_id', '=', userId).execute()
  await db.deleteFrom('mails').where('recipient', '=', user.email).execute()
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ name: '', email: `deleted ${userId}`, image: null, updated_at: now, deleted_at: now })
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function findDeletedUsers(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('users').select('id').where('deleted_at', 'is not', null).limit(100).execute()
  return rows.map(({ id }) => id)
}

/** How many tasks the user has, those of the bin and their remains included. */
export async function countOwnTasks(db: Database, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('tasks')
    .innerJoin('spaces', 'spaces.id', 'tasks.space_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('spaces.owner_id', '=', userId)
    .executeTakeFirstOrThrow()
  return count
}

/** Erases the next rows of a closed account, and tells how many of them were tasks; undefined when none are left. */
export async function eraseSome(db: Database, userId: string): Promise<{ tasks: number } | undefined> {
  const space = await db.selectFrom('spaces').select('id').where('owner_id', '=', userId).executeTakeFirst()
  if (space) {
    const tasks = await eraseTasks(db, space.id).executeTakeFirst()
    if (tasks.numDeletedRows > 0n) return { tasks: Number(tasks.numDeletedRows) }
    const changes = await eraseChanges(db, space.id).executeTakeFirst()
    if (changes.numDeletedRows > 0n) return { tasks: 0 }
    const facts = await eraseFacts(db, space.id).executeTakeFirst()
    if (facts.numDeletedRows > 0n) return { tasks: 0 }
  }
  const { numDeletedRows } = await eraseKeys(db, userId).executeTakeFirst()
  return numDeletedRows > 0n ? { tasks: 0 } : undefined
}

function eraseKeys(db: Database, userId: string) {
  const some = db.selectFrom('idempotency_keys').select('key').where('user_id', '=', userId).limit(stepSize)
  return db.deleteFrom('idempotency_keys').where('user_id', '=', userId).where('key', 'in', some)
}

function eraseTasks(db: Database, spaceId: string) {
  const some = db.selectFrom('tasks').select('id').where('space_id', '=', spaceId).limit(stepSize)
  return db.deleteFrom('tasks').where('space_id', '=', spaceId).where('id', 'in', some)
}

function eraseChanges(db: Database, spaceId: string) {
  const some = db.selectFrom('changes').select('revision').where('space_id', '=', spaceId).limit(stepSize)
  return db.deleteFrom('changes').where('space_id', '=', spaceId).where('revision', 'in', some)
}

function eraseFacts(db: Database, spaceId: string) {
  const some = db.selectFrom('task_facts').select('task_id').where('space_id', '=', spaceId).limit(stepSize)
  return db.deleteFrom('task_facts').where('space_id', '=', spaceId).where('task_id', 'in', some)
}

/** What is written in between goes with the user, by cascade. */
export async function deleteUser(db: Database, userId: string): Promise<void> {
  await db.deleteFrom('users').where('id', '=', userId).where('deleted_at', 'is not', null).execute()
}
