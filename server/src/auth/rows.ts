import type { Session, User } from '@taskwell/api'
import type { Selectable } from 'kysely'
import type { Schema } from '../database/schema.ts'

type Row<Table extends 'users' | 'sessions', Column extends keyof Selectable<Schema[Table]>> = Pick<
  Selectable<Schema[Table]>,
  Column
>

export const userColumns = [
  'users.id',
  'users.name',
  'users.email',
  'users.email_verified',
  'users.two_factor_enabled',
  'users.time_zone',
  'users.created_at',
] as const

export type UserRow = Row<
  'users',
  'id' | 'name' | 'email' | 'email_verified' | 'two_factor_enabled' | 'time_zone' | 'created_at'
>

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailVerified: Boolean(row.email_verified),
    twoFactorEnabled: Boolean(row.two_factor_enabled),
    timeZone: row.time_zone,
    createdAt: toInstant(row.created_at),
  }
}

export const sessionColumns = ['sessions.id', 'sessions.created_at', 'sessions.expires_at'] as const

export function toSession(row: Row<'sessions', 'id' | 'created_at' | 'expires_at'>): Session {
  return { id: row.id, createdAt: toInstant(row.created_at), expiresAt: toInstant(row.expires_at) }
}

/** Instants are ISO text on SQLite and `Date` objects on PostgreSQL. */
function toInstant(value: string | Date): string {
  return typeof value === 'string' ? value : value.toISOString()
}
