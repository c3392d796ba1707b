import type { Scope } from '@taskwell/api'
import { createHash } from 'node:crypto'
import type { Caller } from '../context.ts'
import type { Database } from '../database/open.ts'
import { prepared } from '../database/prepared.ts'
import type { Activity } from './activity.ts'

const form = /^bearer +(tw_[0-9a-zA-Z]+) *$/i

/** The API token of a header `Authorization`, if it is one. */
export function readApiToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : form.exec(authorization)?.[1]
}

/** API tokens are random throughout, so a plain digest is as good as a slow one. */
export function hashApiToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

export type FindTokenCaller = (token: string, now: Date) => Promise<Caller | undefined>

/** Makes the check of API tokens: one prepared query. */
export function createFindTokenCaller({ db, activity }: { db: Database; activity: Activity }): FindTokenCaller {
  return async (token, now) => {
    const [row] = await selectToken(db, { hash: hashApiToken(token) })
    if (row === undefined || (row.expires_at !== null && new Date(row.expires_at) <= now)) return undefined
    activity.sawToken(row.id, row.last_used_at, now)
    return {
      userId: row.user_id,
      spaceId: row.space_id,
      timeZone: row.time_zone,
      revision: row.revision,
      by: { kind: 'token', name: row.name },
      sessionId: null,
      token: { id: row.id, scopes: readScopes(row.scopes) },
    }
  }
}

const selectToken = prepared((db, { hash }: { hash: string }) =>
  db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .innerJoin('spaces', 'spaces.owner_id', 'users.id')
    .select(['api_tokens.id', 'api_tokens.user_id', 'api_tokens.name', 'api_tokens.scopes'])
    .select(['api_tokens.expires_at', 'api_tokens.last_used_at'])
    .select(['users.time_zone', 'spaces.id as space_id', 'spaces.revision'])
    .where('api_tokens.hash', '=', hash)
    .where('users.deleted_at', 'is', null),
)

/** Scopes as they are stored: with spaces between. */
export function readScopes(text: string): Scope[] {
  return text.split(' ') as Scope[]
}
