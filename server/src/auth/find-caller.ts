import type { Session, User } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import type { Caller } from '../context.ts'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import { untilNextCommit } from '../database/until-next-commit.ts'
import type { Visit } from '../verb.ts'
import type { Activity } from './activity.ts'
import { type Auth, sessionLife } from './create-auth.ts'
import { toSession, toUser, userColumns } from './rows.ts'
import { createTokenReader } from './session-token.ts'

/** A signed-in caller. */
export interface Found {
  readonly caller: Caller
  readonly user: User
  readonly session: Session
  /** Cookies to pass on, when the session was prolonged. */
  readonly setCookie?: readonly string[]
}

export type FindCaller = (visit: Visit, now: Date) => Promise<Found | undefined>

/**
 * Makes the check that every private request goes through: one HMAC and one prepared query, where Better Auth's own
 * takes thirty times as long. Neither is done again while it could only come to the same.
 */
export async function createFindCaller({
  db,
  auth,
  activity,
}: {
  db: Database
  auth: Auth
  activity?: Activity
}): Promise<FindCaller> {
  const { authCookies, secret } = await auth.$context
  const readToken = createTokenReader({ cookieName: authCookies.sessionToken.name, secret })

  const findRow = untilNextCommit(db, async (token) => (await selectSession(db, { token }))[0])

  return async (visit, now) => {
    const token = readToken(visit.headers)
    if (token === undefined) return undefined
    const row = await findRow(token)
    if (row === undefined || new Date(row.expires_at) <= now) return undefined
    activity?.sawSession(row.session_id, row.last_active_at, now)
    if (row.space_id === null) {
      await createSpace(db, row.id, now)
      return found(await findRow(token))
    }
    if (!isDueForRefresh(row, now)) return found(row)
    try {
      const setCookie = await refresh(auth, visit)
      return found(await findRow(token), setCookie)
    } catch {
      // It lasts for days yet, and what only reads works on a full disk: the next request tries again.
      return found(row)
    }
  }
}

type SessionRow = Awaited<ReturnType<typeof selectSession>>[number]

const selectSession = prepared((db, { token }: { token: string }) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('spaces', 'spaces.owner_id', 'users.id')
    .select(userColumns)
    .select([
      'sessions.id as session_id',
      'sessions.created_at as session_created_at',
      'sessions.updated_at as session_updated_at',
      'sessions.expires_at',
      'sessions.last_active_at',
      'spaces.id as space_id',
      'spaces.revision',
    ])
    .where('sessions.token', '=', token)
    .where('users.deleted_at', 'is', null),
)

async function createSpace(db: Database, ownerId: string, now: Date): Promise<void> {
  await db
    .insertInto('spaces')
    .values({ id: uuidv7(), owner_id: ownerId, revision: 0, floor: 0, created_at: now.toISOString() })
    .onConflict((conflict) => conflict.column('owner_id').doNothing())
    .execute()
}

/** A session that is not to be remembered never gets there: it ends after a day. */
function isDueForRefresh(row: SessionRow, now: Date): boolean {
  const age = now.getTime() - new Date(row.session_updated_at).getTime()
  return age >= sessionLife.updateAge * 1000
}

/** Has Better Auth prolong the session; its cookies are for those who came with one. */
async function refresh(auth: Auth, { headers }: Visit): Promise<string[]> {
  const { authorization, cookie } = headers
  const proof = authorization === undefined ? { cookie: cookie ?? '' } : { authorization }
  const reply = await auth.api.getSession({ headers: new Headers(proof), returnHeaders: true })
  return authorization === undefined ? reply.headers.getSetCookie() : []
}

function found(row: SessionRow | undefined, setCookie: readonly string[] = []): Found | undefined {
  if (row === undefined || row.space_id === null || row.revision === null) return undefined
  const user = toUser(row)
  return {
    caller: {
      userId: row.id,
      spaceId: row.space_id,
      timeZone: row.time_zone,
      revision: row.revision,
      by: { kind: 'session', name: null },
      sessionId: row.session_id,
    },
    user,
    session: toSession({ id: row.session_id, created_at: row.session_created_at, expires_at: row.expires_at }),
    ...(setCookie.length > 0 ? { setCookie } : {}),
  }
}
