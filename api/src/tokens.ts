import { type Static, Type } from 'typebox'
import { endpoint, scopes } from './endpoint.ts'
import { Id, Instant, nullable, trimmedText } from './values.ts'

const Scopes = Type.Array(Type.Enum(scopes), { minItems: 1, maxItems: 3, uniqueItems: true })

export const ApiToken = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Scopes,
  createdAt: Instant,
  lastUsedAt: nullable(Type.String({ format: 'instant', description: 'A minute or so behind at most' })),
  expiresAt: nullable(Instant),
})
export type ApiToken = Static<typeof ApiToken>

const path = '/api/account/tokens'
const tag = 'API tokens'

export const listTokens = endpoint({
  method: 'GET',
  path,
  summary: 'List the API tokens',
  description: 'The newest first, without the tokens themselves.',
  tag,
  limit: 'read',
  status: 200,
  reply: Type.Object({ items: Type.Array(ApiToken) }),
})

export const createToken = endpoint({
  method: 'POST',
  path,
  summary: 'Make an API token',
  description:
    'For programs that act for the user: `Authorization: Bearer tw_…`. The reply is the only place that shows the token. A user may have 100.',
  tag,
  limit: 'write',
  body: Type.Object(
    {
      name: trimmedText({ minLength: 1, maxLength: 100 }),
      scopes: Scopes,
      expiresAt: Type.Optional(nullable(Instant)),
    },
    { additionalProperties: false },
  ),
  status: 201,
  reply: Type.Object({ ...ApiToken.properties, token: Type.String() }),
  errors: ['quota_exceeded'],
})

export const deleteToken = endpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  summary: 'Delete an API token',
  description: 'It is refused from then on, and its connections end.',
  tag,
  limit: 'write',
  params: Type.Object({ id: Id }),
  status: 204,
  errors: ['not_found'],
})
