import { contract, type Endpoint } from '@taskwell/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import type { Reserve } from '../database/reserve.ts'
import { invalid, Refusal } from '../errors.ts'
import type { Limits } from '../limits/index.ts'
import { answerOnce, readIdempotencyKey } from './answer-once.ts'
import { answerByRevision } from './conditional.ts'
import { forAccount } from './for-account.ts'
import { requestLog } from './log-request.ts'
import { admitRequest, meterOf, withinLimits } from './limit-requests.ts'
import { refuseForeignMethod } from './methods.ts'
import { createNameTurns, type NameTurns } from './name-turns.ts'
import { readQuery } from './read-query.ts'
import { answer, finish, send } from './reply.ts'
import { createReplyCache, type ReplyCache } from './reply-cache.ts'
import { refuseBeyondScope } from './scopes.ts'
import { withRoom } from './with-room.ts'
import type { Outcome, Verbs, Visit } from '../verb.ts'

/** Finds out who asks. `setCookie` renews the session's cookie. */
export type Identify = (
  visit: Visit,
  now: Date,
) => Promise<{ caller: Context['caller']; setCookie?: readonly string[] } | undefined>

export interface MountOptions {
  readonly verbs: Verbs
  readonly identify: Identify
  readonly limits: Limits
  /** What contexts are made of, beside the caller. */
  readonly base: Omit<Context, 'caller' | 'now' | 'log'>
  readonly now: () => Date
  readonly reserve: Reserve
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
  const shared = { ...options, turns: createNameTurns(), cache: createReplyCache(mostCachedBytes) }
  for (const [name, endpoint] of Object.entries(contract))
    mountEndpoint(app, endpoint, anyVerb(options.verbs, name), shared)
}

const mostCachedBytes = 16 * 1024 * 1024

function mountEndpoint(
  app: FastifyInstance,
  endpoint: Endpoint,
  verb: AnyVerb,
  options: MountOptions & { turns: NameTurns; cache: ReplyCache },
): void {
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
      await admitRequest(options.limits, endpoint, request, reply)
      refuseUnacceptable(request)
    },
    preValidation: (request, _reply, done) => {
      refuseUndecodable(request.url)
      if (!endpoint.body) refuseBody(request.body)
      if (endpoint.query) readQuery(endpoint.query.properties, request.query)
      done()
    },
    handler: async (request, reply) => {
      const visit = visitOf(request)
      if (endpoint.public) {
        const work = () => verb(visit, inputOf(request))
        return answer(endpoint, request, reply, await withinLimits(options.limits, { endpoint, request }, work))
      }
      const context = getContext(request)
      if (endpoint.etag === 'revision') {
        const read = () => verb(context, inputOf(request))
        return answerByRevision({ context, request, reply }, options.cache, read)
      }
      const key = endpoint.idempotent ? readIdempotencyKey(request) : undefined
      const answerCaller = async () => {
        if (key === undefined) {
          const work = () => verb(context, inputOf(request))
          return answer(endpoint, request, reply, await withinLimits(options.limits, { endpoint, request }, work))
        }
        const finished = await answerOnce(context, { request, key, turns: options.turns }, async (ctx) =>
          finish(endpoint, reply, await verb(ctx, inputOf(request))),
        )
        return send(reply, finished)
      }
      return forAccount(context, () => withRoom(options.reserve, endpoint, answerCaller))
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
  if (!found) {
    await options.limits.countStranger(meterOf(request), request.ip)
    throw new Refusal('unauthenticated', { detail: 'Sign in at POST /api/auth/login and send the cookie or token.' })
  }
  request.context = {
    ...options.base,
    caller: found.caller,
    now,
    log: requestLog(request),
    visit,
  }
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
  if (accept === undefined || accept.trim() === '' || accept.split(',').some(isJsonRange)) return
  throw new Refusal('not_acceptable', { detail: 'Send Accept: application/json, or none.' })
}

/** A weight of 0 means "not that" (RFC 9110, section 12.4.2). */
function isJsonRange(range: string): boolean {
  return /^\s*(\*\/\*|application\/(\*|json|problem\+json))\s*(;|$)/i.test(range) && !/;\s*q=0(\.0*)?\s*$/i.test(range)
}

/** What is no UTF-8 behind its `%` would be read as something that nobody sent. */
function refuseUndecodable(url: string): void {
  if (!url.includes('%')) return
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
