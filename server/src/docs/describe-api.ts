import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { contract, type Endpoint, type ErrorCode, errorCodes, Problem } from '@taskwell/api'
import fastify from 'fastify'
import { version } from '../version.ts'

/** The OpenAPI 3.1 document of the contract. */
export async function describeApi(): Promise<object> {
  const app = fastify({ exposeHeadRoutes: false })
  // It serves nothing, so nothing is validated.
  app.setValidatorCompiler(() => () => true)
  await app.register(swagger, {
    openapi: head,
    refResolver: { buildLocalReference: (schema) => String(schema['$id']) },
  })
  app.addSchema({ ...Problem, $id: 'Problem' })
  app.after(() => {
    for (const [name, endpoint] of Object.entries(contract)) {
      app.route({
        method: endpoint.method,
        url: endpoint.path,
        schema: toSchema(name, endpoint),
        handler: () => undefined,
      })
    }
  })
  await app.ready()
  const document = JSON.parse(JSON.stringify(app.swagger()), (key, value: unknown) =>
    internal.has(key) ? undefined : value,
  )
  await app.close()
  return document
}

/** Keywords for our own validator. `op` alone tells the operations of a batch apart; OpenAPI wants names for that. */
const internal = new Set(['x-trim', 'x-spell', 'discriminator'])

const head: NonNullable<FastifyDynamicSwaggerOptions['openapi']> = {
  openapi: '3.1.0',
  info: {
    title: 'Taskwell',
    version,
    description:
      'A self-hosted task backend. Errors are problem details (RFC 9457). Cookies of a browser and bearer tokens are both understood.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'This server' }],
  components: {
    securitySchemes: {
      cookie: { type: 'apiKey', in: 'cookie', name: 'better-auth.session_token' },
      apiToken: { type: 'http', scheme: 'bearer', description: 'An API token, `tw_…`, that has the scope' },
      bearer: { type: 'http', scheme: 'bearer', description: 'The value of the header `set-auth-token`' },
    },
  },
}

/** Refusals that any endpoint may give. */
const sharedErrors: readonly ErrorCode[] = [
  'malformed_request',
  'not_acceptable',
  'validation_failed',
  'internal_error',
  'unavailable',
]

function toSchema(name: string, endpoint: Endpoint): object {
  const { summary, description, tag, scope, params, query, body, reply, status, alternative } = endpoint
  return {
    operationId: name,
    summary,
    ...(description && { description }),
    tags: [tag],
    security: endpoint.public ? [] : [{ cookie: [] }, { bearer: [] }, ...(scope ? [{ apiToken: [scope] }] : [])],
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...toHeaders(endpoint),
    response: {
      [status]: toReply(reply, status === 204 ? 'Done' : 'Done: here it is', endpoint),
      ...(alternative && { [alternative.status]: toReply(reply, alternative.meaning, endpoint) }),
      ...(endpoint.etag && endpoint.method === 'GET' && { 304: { description: 'Unchanged', type: 'null' } }),
      ...toProblems(errorsOf(endpoint)),
    },
  }
}

function toHeaders({ conditional, idempotent }: Endpoint): object {
  if (!conditional && !idempotent) return {}
  const properties = {
    ...(conditional && { 'if-match': ifMatch }),
    ...(idempotent && { 'idempotency-key': idempotencyKey }),
  }
  return { headers: { type: 'object', properties } }
}

const ifMatch = { type: 'string', description: 'The `ETag` that was read: an older version is refused with 412' }

const idempotencyKey = {
  type: 'string',
  pattern: '^[ -~]{1,255}$',
  description:
    'Makes the request safe to repeat for 24 hours: whatever is sent again has one effect and the same reply',
}

function toReply(reply: object | undefined, description: string, endpoint: Endpoint): object {
  const headers = {
    ...(endpoint.etag && { ETag: { type: 'string', description: 'Version of what is answered' } }),
    ...(endpoint.etag && endpoint.status === 201 && { Location: { type: 'string', description: 'Where it is' } }),
    ...(endpoint.limit !== 'none' && limitHeaders),
    ...(endpoint.revision && {
      'Taskwell-Revision': { type: 'integer', description: 'Revision that the reply reflects' },
    }),
    ...(endpoint.revision &&
      endpoint.method !== 'GET' && {
        'Taskwell-Write': {
          type: 'integer',
          description: 'Revision of the write that the request made, to undo it by; none when it changed nothing',
        },
      }),
  }
  if (!reply) return { description, type: 'null', headers }
  return { description, headers, content: { 'application/json': { schema: reply } } }
}

/** See draft-ietf-httpapi-ratelimit-headers-10. */
const limitHeaders = {
  RateLimit: { type: 'string', description: 'What is left of the budgets: `"reads";r=599;t=60`, `t` in seconds' },
  'RateLimit-Policy': { type: 'string', description: 'The budgets: `"reads";q=600;w=60`, `w` in seconds' },
}

function errorsOf(endpoint: Endpoint): ErrorCode[] {
  const codes = [
    ...sharedErrors,
    ...(endpoint.public ? [] : (['unauthenticated', 'token_scope'] as const)),
    ...(endpoint.method === 'GET'
      ? []
      : (['origin_not_allowed', 'payload_too_large', 'unsupported_media_type'] as const)),
    ...(endpoint.limit === 'none' ? [] : (['rate_limited', 'overloaded'] as const)),
    ...(endpoint.idempotent ? (['idempotency_key_reused', 'request_in_progress'] as const) : []),
    ...(endpoint.errors ?? []),
  ]
  return [...new Set(codes)]
}

const retryAfter = { 'Retry-After': { type: 'integer', description: 'When to try again, in seconds' } }
const problemHeaders: Readonly<Record<number, object>> = {
  401: { headers: { 'WWW-Authenticate': { type: 'string', description: 'How to say who asks: `Bearer`' } } },
  429: { headers: { ...retryAfter, ...limitHeaders } },
  503: { headers: retryAfter },
}

function toProblems(codes: readonly ErrorCode[]): Record<number, object> {
  const statuses = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = errorCodes[code]
    statuses.set(status, [...(statuses.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...statuses].map(([status, listed]) => [
      status,
      {
        description: listed.map((code) => `\`${code}\`: ${errorCodes[code].title}`).join('; '),
        ...problemHeaders[status],
        content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
      },
    ]),
  )
}
