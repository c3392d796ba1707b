import type { AccountEvent, AccountEventKind } from '@taskwell/api'
import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database } from '../database/open.ts'
import type { Schema } from '../database/schema.ts'
import { instantType, isoInstant } from '../database/sql.ts'

type EventRow = Selectable<Schema['account_events']>

/** What strangers can cause is counted by itself, so that they cannot push out the rest. */
const kept = { failures: 200, others: 800 }
const failure: AccountEventKind = 'sign_in_failed'

/** Writes nothing for an account that is gone. */
export async function insertEvent(db: Database, event: Insertable<Schema['account_events']>): Promise<void> {
  const { id, user_id, at, kind, ip, user_agent } = event
  await sql`
    insert into account_events (id, user_id, at, kind, ip, user_agent)
    select ${id}, id, cast(${at} as ${instantType(db)}), ${kind}, ${ip}, ${user_agent} from users
    where id = ${user_id} and deleted_at is null`.execute(db)
}

/** Writes a failed sign-in, if the address belongs to an account. */
export async function insertFailure(
  db: Database,
  { email, ...event }: Omit<Insertable<Schema['account_events']>, 'user_id' | 'kind'> & { email: string },
): Promise<void> {
  const owner = db.selectFrom('users').select('id').where('email', '=', email)
  // An account that took the address later does not hear of what was before it.
  const user = await owner.where('created_at', '<=', event.at).executeTakeFirst()
  if (!user) return
  await insertEvent(db, { ...event, user_id: user.id, kind: failure })
  await pruneEvents(db, user.id, failure)
}

/** Removes what is older than the newest ones of that sort. */
export async function pruneEvents(db: Database, userId: string, kind: AccountEventKind): Promise<void> {
  const isFailure = kind === failure
  await db
    .deleteFrom('account_events')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('account_events')
        .select('id')
        .where('user_id', '=', userId)
        .where('kind', isFailure ? '=' : '<>', failure)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(100)
        .offset(isFailure ? kept.failures : kept.others),
    )
    .execute()
}

/** The user's events, newest first, from behind the given one on. */
export function listEvents(
  db: Database,
  { userId, before, limit }: { userId: string; before?: { at: string; id: string } | undefined; limit: number },
): Promise<EventRow[]> {
  const newest = db
    .selectFrom('account_events')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (before === undefined) return newest.execute()
  return newest
    .where((eb) => eb.or([eb('at', '<', before.at), eb.and([eb('at', '=', before.at), eb('id', '<', before.id)])]))
    .execute()
}

export function toEvent({ id, at, kind, ip, user_agent }: EventRow): AccountEvent {
  return { id, at: isoInstant(at), kind: asKind(kind), ip, userAgent: user_agent }
}

/** Only kinds of the contract are ever written. */
function asKind(kind: string): AccountEventKind {
  return kind as AccountEventKind
}
