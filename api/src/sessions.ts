import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Id, Instant, nullable } from './values.ts'

export const SessionItem = Type.Object({
  id: Type.String(),
  createdAt: Instant,
  lastActiveAt: Type.String({ format: 'instant', description: 'Some minutes behind at most' }),
  expiresAt: Instant,
  ip: nullable(Type.String()),
  userAgent: nullable(Type.String()),
  current: Type.Boolean({ description: 'Whether it is the one that asks' }),
})
export type SessionItem = Static<typeof SessionItem>

const path = '/api/account/sessions'
const tag = 'Accounts'

export const listSessions = endpoint({
  method: 'GET',
  path,
  summary: 'List where the account is signed in',
  description: 'The most recently used one first.',
  tag,
  limit: 'read',
  status: 200,
  reply: Type.Object({ items: Type.Array(SessionItem) }),
})

export const endSession = endpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  summary: 'End a session',
  description: 'The current one ends as by signing out.',
  tag,
  limit: 'write',
  params: Type.Object({ id: Id }),
  status: 204,
  errors: ['not_found'],
})

export const endOtherSessions = endpoint({
  method: 'DELETE',
  path,
  summary: 'End all sessions but this one',
  tag,
  limit: 'write',
  status: 204,
})
