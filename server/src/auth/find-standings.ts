import type { User } from '@taskwell/api'
import type { Caller } from '../context.ts'
import type { Database } from '../database/open.ts'
import { isAmong } from '../database/sql.ts'
import { toUser, userColumns } from './rows.ts'

/** What somebody is signed in with, and what therefore ends with it. */
export interface Credential {
  readonly kind: 'session' | 'token'
  readonly id: string
}

/** How it stands with a credential that has not ended. */
export interface Standing {
  readonly credential: Credential
  /** Null for a token that was made without an end. */
  readonly expiresAt: Date | null
  readonly user: User
  /** The revision of the user's space. */
  readonly revision: number
}

/** By which session or API token the caller may listen to changes, if any. */
export function credentialOf({ sessionId, token }: Caller): Credential | undefined {
  if (token) return token.scopes.includes('tasks:read') ? { kind: 'token', id: token.id } : undefined
  return sessionId === null ? undefined : { kind: 'session', id: sessionId }
}

/** How it stands with each of the credentials; those that have ended or expired are left out. */
export async function findStandings(db: Database, credentials: readonly Credential[], now: Date): Promise<Standing[]> {
  const at = now.toISOString()
  const sessions = db
    .selectFrom('sessions')
    .select(['id', 'user_id'])
    .select((eb) => [
      eb.ref('expires_at').$castTo<string | Date | null>().as('expires_at'),
      eb.cast<Credential['kind']>(eb.val('session'), 'text').as('kind'),
    ])
    .where(isAmong(db, 'id', idsOf(credentials, 'session')))
    .where('expires_at', '>', at)
  const tokens = db
    .selectFrom('api_tokens')
    .select(['id', 'user_id'])
    .select((eb) => [
      eb.ref('expires_at').$castTo<string | Date | null>().as('expires_at'),
      eb.cast<Credential['kind']>(eb.val('token'), 'text').as('kind'),
    ])
    .where(isAmong(db, 'id', idsOf(credentials, 'token')))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]))
  const rows = await db
    .selectFrom(sessions.unionAll(tokens).as('credentials'))
    .innerJoin('users', 'users.id', 'credentials.user_id')
    .innerJoin('spaces', 'spaces.owner_id', 'users.id')
    .select(userColumns)
    .select(['credentials.id as credential_id', 'credentials.kind', 'credentials.expires_at', 'spaces.revision'])
    .execute()
  return rows.map((row) => ({
    credential: { kind: row.kind, id: row.credential_id },
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    user: toUser(row),
    revision: row.revision,
  }))
}

function idsOf(credentials: readonly Credential[], kind: Credential['kind']): string[] {
  return credentials.filter((credential) => credential.kind === kind).map(({ id }) => id)
}
