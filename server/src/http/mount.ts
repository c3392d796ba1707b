import { contract, type Endpoint } from '@taskwell/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import { invalid, Refusal } from '../errors.ts'
import { version } from '../version.ts'
import { answerOnce, type FinishedReply, readIdempotencyKey } from './answer-once.ts'
import { etagOf, isUnchanged, taskEtag } from './etags.ts'
import { refuseForeignMethod } from './methods.ts'
import { readQuery } from './read-query.ts'
import { refuseBeyondScope } from './scopes.ts'
import { sendPieces } from './pieces.ts'
import type { Outcome, Verbs, Visit } from '../verb.ts'

/** Finds out who asks. `setCookie` renews the session's cookie. */
export type Identify = (
  visit: Visit,
  now: Date,
) => Promise<{ caller: Context['caller']; setCookie?: readonly string[] } | undefined>

export interface MountOptions {
  readonly verbs: Verbs
  readonly identify: Identify
  /** What contexts are made of, beside the caller. */
  readonly base: Omit<Context, 'caller' | 'now' | 'log'>
  readonly now: () => Date
}

declare module 'fastify' {
  interface FastifyRequest {
    context: (Context & { readonly visit: Visit }) | null
  }
  interface FastifyContextConfig {
    endpoint?: Endpoint
  }
}

/** Makes a route of every endpoint of the contract, each with its verb. */
export function mount(app: FastifyInstance, options: MountOptions): void {
  app.decorateRequest('context', null)
  for (const [name, endpoint] of Object.entries(contract))
    mountEndpoint(app, endpoint, anyVerb(options.verbs, name), options)
}

function mountEndpoint(app: FastifyInstance, endpoint: Endpoint, verb: AnyVerb, options: MountOptions): void {
  const { params, query, body, reply: replySchema, status, alternative } = endpoint
  const response = replySchema && { [status]: replySchema, ...(alternative && { [alternative.status]: replySchema }) }
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    config: { endpoint },
    schema: {
      ...(params && { params }),
      querystring: query ?? nothing,
      ...(body && { body }),
      ...(response && { response }),
    },
    onRequest: async (request, reply) => {
      if (endpoint.params) refuseForeignMethod(request)
      if (!endpoint.public) await identifyCaller(request, reply, options)
      if (request.context) refuseBeyondScope(endpoint, request.context.caller)
      refuseUnacceptable(request)
    },
    preValidation: async (request) => {
      refuseUndecodable(request.url)
      if (!endpoint.body) refuseBody(request.body)
      if (endpoint.query) readQuery(endpoint.query.properties, request.query)
    },
    handler: async (request, reply) => {
      const visit = visitOf(request)
      if (endpoint.public) return answer(endpoint, request, reply, await verb(visit, inputOf(request)))
      const context = getContext(request)
      if (endpoint.etag === 'revision' && answerUnchanged(context, request, reply, context.caller.revision))
        return reply
      const key = endpoint.idempotent ? readIdempotencyKey(request) : undefined
      if (key === undefined) return answer(endpoint, request, reply, await verb(context, inputOf(request)))
      const finished = await answerOnce(context, { request, key }, async (ctx) =>
        finish(endpoint, request, reply, await verb(ctx, inputOf(request))),
      )
      return send(reply, finished)
    },
  })
}

const nothing = { type: 'object', properties: {}, additionalProperties: false }

/** The contract types each verb by its own endpoint; the loop over all of them cannot. */
type AnyVerb = (from: Visit | (Context & { readonly visit: Visit }), input: unknown) => Promise<Outcome<unknown>>
function anyVerb(verbs: Verbs, name: string): AnyVerb {
  return verbs[name as keyof Verbs] as AnyVerb
}

async function identifyCaller(request: FastifyRequest, reply: FastifyReply, options: MountOptions): Promise<void> {
  const now = options.now()
  const visit = visitOf(request)
  const found = await options.identify(visit, now)
  if (!found)
    throw new Refusal('unauthenticated', { detail: 'Sign in at POST /api/auth/login and send the cookie or token.' })
  const log = request.log.child({ user: found.caller.userId })
  request.context = { ...options.base, caller: found.caller, now, log, visit }
  if (found.setCookie) reply.header('set-cookie', [...found.setCookie])
  if (request.routeOptions.config.endpoint?.revision) reply.header('taskwell-revision', found.caller.revision)
}

export function visitOf(request: FastifyRequest): Visit {
  return { headers: request.headers, ip: request.ip }
}

function getContext(request: FastifyRequest): Context & { readonly visit: Visit } {
  if (!request.context) throw new Error('A private endpoint was reached without a caller')
  return request.context
}

function refuseUnacceptable({ headers: { accept } }: FastifyRequest): void {
  if (accept === undefined || /\*\/\*|application\/(\*|json|problem\+json)/i.test(accept)) return
  throw new Refusal('not_acceptable', { detail: 'Send Accept: application/json, or none.' })
}

/** What is no UTF-8 behind its `%` would be read as something that nobody sent. */
function refuseUndecodable(url: string): void {
  try {
    decodeURIComponent(url)
  } catch {
    throw new Refusal('malformed_request', { detail: 'The query is not UTF-8 in percent-encoding.' })
  }
}

function refuseBody(body: unknown): void {
  const isEmpty = body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0)
  if (!isEmpty) throw invalid('/body', 'must be empty here')
}

function inputOf(request: FastifyRequest): unknown {
  const { params, query, body, headers } = request
  return { params, query, body, ifMatch: headers['if-match'] }
}

function answer(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply, outcome: Outcome<unknown>): unknown {
  const { body, status = endpoint.status } = outcome
  const etag = etagFor(endpoint, request, outcome)
  reply.code(status).headers(headersOf(outcome, etag))
  const isUnchangedTask = endpoint.etag === 'task' && endpoint.method === 'GET' && etag !== undefined
  if (isUnchangedTask && isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (status === 204) return reply.send()
  return endpoint.streamed ? sendPieces(request, reply, body) : body
}

/** The reply in its final form, before anything is sent: it goes out only after the commit. */
function finish(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome<unknown>,
): FinishedReply {
  const { body, status = endpoint.status } = outcome
  const headers = Object.entries(headersOf(outcome, etagFor(endpoint, request, outcome)))
  const serialize = reply.getSerializationFunction(String(status)) ?? JSON.stringify
  return {
    status,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: status === 204 ? '' : serialize(body),
  }
}

function send(reply: FastifyReply, { status, headers, body }: FinishedReply): FastifyReply {
  reply.code(status).headers(headers)
  return status === 204 ? reply.send() : reply.type('application/json; charset=utf-8').send(body)
}

function etagFor(
  endpoint: Endpoint,
  request: FastifyRequest,
  { body, revision }: Outcome<unknown>,
): string | undefined {
  if (endpoint.etag === 'task') return hasVersion(body) ? taskEtag(body.version) : undefined
  if (endpoint.etag !== 'revision') return undefined
  const context = getContext(request)
  return listEtag(context, request, revision ?? context.caller.revision)
}

function headersOf(
  { revision, headers }: Outcome<unknown>,
  etag: string | undefined,
): Record<string, string | string[]> {
  return {
    ...headers,
    ...(revision !== undefined && { 'taskwell-revision': String(revision) }),
    ...(etag !== undefined && validators(etag)),
  }
}

function answerUnchanged(context: Context, request: FastifyRequest, reply: FastifyReply, revision: number): boolean {
  const etag = listEtag(context, request, revision)
  if (!isUnchanged(request.headers['if-none-match'], etag)) return false
  reply.code(304).headers(validators(etag)).send()
  return true
}

function validators(etag: string) {
  return { etag, 'cache-control': 'private, no-cache', vary: 'Cookie, Authorization' }
}

/** Everything that a list depends on; the minute only where "now" decides what is in it. */
function listEtag({ caller, now }: Context, request: FastifyRequest, revision: number): string {
  const { query } = request
  const asked = typeof query === 'object' && query !== null ? query : {}
  const timeZone = 'timeZone' in asked && typeof asked.timeZone === 'string' ? asked.timeZone : caller.timeZone
  const isTimely = 'due' in asked || request.routeOptions.config.endpoint?.timely === true
  const moment = isTimely ? calendarAt(now, timeZone).minute : ''
  return etagOf(caller.userId, version, revision, timeZone, moment, JSON.stringify(asked))
}

function hasVersion(body: unknown): body is { version: number } {
  return typeof body === 'object' && body !== null && 'version' in body && typeof body.version === 'number'
}
