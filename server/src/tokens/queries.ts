import type { ApiToken } from '@taskwell/api'
import type { Selectable } from 'kysely'
import { readScopes } from '../auth/index.ts'
import type { Database } from '../database/open.ts'
import type { Schema } from '../database/schema.ts'
import { isoInstant } from '../database/sql.ts'

type TokenRow = Omit<Selectable<Schema['api_tokens']>, 'hash' | 'user_id'>

/** A user's tokens, newest first. */
export function findTokens(db: Database, userId: string): Promise<TokenRow[]> {
  return db
    .selectFrom('api_tokens')
    .select(['id', 'name', 'scopes', 'created_at', 'last_used_at', 'expires_at'])
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function countTokens(db: Database, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('api_tokens')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  return count
}

export function toToken({ id, name, scopes, created_at, last_used_at, expires_at }: TokenRow): ApiToken {
  return {
    id,
    name,
    scopes: readScopes(scopes),
    createdAt: isoInstant(created_at),
    lastUsedAt: last_used_at === null ? null : isoInstant(last_used_at),
    expiresAt: expires_at === null ? null : isoInstant(expires_at),
  }
}
