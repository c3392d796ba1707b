import type { User } from '@taskwell/api'
import type { Caller } from '../context.ts'
import type { Database } from '../database/open.ts'
import { isAmong } from '../database/sql.ts'
import { toUser, userColumns } from './rows.ts'

/** What somebody is signed in with, and what therefore ends with it. */
export interface Credential {
  readonly kind: 'session'
  readonly id: string
}

/** How it stands with a credential that has not ended. */
export interface Standing {
  readonly credential: Credential
  readonly expiresAt: Date
  readonly user: User
  /** The revision of the user's space. */
  readonly revision: number
}

export function credentialOf({ sessionId }: Caller): Credential | undefined {
  return sessionId === null ? undefined : { kind: 'session', id: sessionId }
}

/** How it stands with each of the credentials; those that have ended or expired are left out. */
export async function findStandings(db: Database, credentials: readonly Credential[], now: Date): Promise<Standing[]> {
  const ids = credentials.map(({ id }) => id)
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('spaces', 'spaces.owner_id', 'users.id')
    .select(userColumns)
    .select(['sessions.id as session_id', 'sessions.expires_at', 'spaces.revision'])
    .where(isAmong(db, 'sessions.id', ids))
    .where('sessions.expires_at', '>', now.toISOString())
    .execute()
  return rows.map((row) => ({
    credential: { kind: 'session', id: row.session_id },
    expiresAt: new Date(row.expires_at),
    user: toUser(row),
    revision: row.revision,
  }))
}
