import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Cursor, Instant, nullable } from './values.ts'

export const accountEventKinds = [
  'account_created',
  'sign_in',
  'sign_in_failed',
  'sign_out',
  'session_ended',
  'password_changed',
  'password_reset',
  'email_verified',
  'email_changed',
  'two_factor_enabled',
  'two_factor_disabled',
  'token_created',
  'token_deleted',
] as const
export type AccountEventKind = (typeof accountEventKinds)[number]

export const AccountEvent = Type.Object({
  id: Type.String(),
  at: Instant,
  kind: Type.Enum(accountEventKinds, { description: 'More may come' }),
  ip: nullable(Type.String()),
  userAgent: nullable(Type.String()),
})
export type AccountEvent = Static<typeof AccountEvent>

export const listAccountEvents = endpoint({
  method: 'GET',
  path: '/api/account/events',
  summary: 'Read what happened to the account',
  description: 'Newest first. The last 200 failed sign-ins are kept, and the last 800 of all else.',
  tag: 'Accounts',
  limit: 'read',
  query: Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      cursor: Type.Optional(Cursor),
    },
    { additionalProperties: false },
  ),
  status: 200,
  reply: Type.Object({ items: Type.Array(AccountEvent), nextCursor: nullable(Type.String()) }),
})
