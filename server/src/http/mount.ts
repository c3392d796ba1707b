import { contract, type Endpoint } from '@taskwell/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import { invalid, Refusal } from '../errors.ts'
import { version } from '../version.ts'
import { etagOf, isUnchanged, taskEtag } from './etags.ts'
import { readQuery } from './read-query.ts'
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
      if (!endpoint.public) await identifyCaller(request, reply, options)
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
      return answer(endpoint, request, reply, await verb(context, inputOf(request)))
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
  const { body, status = endpoint.status, revision, headers = {} } = outcome
  reply.code(status).headers(headers)
  if (revision !== undefined) reply.header('taskwell-revision', revision)
  if (endpoint.etag === 'revision') {
    const context = getContext(request)
    setValidators(reply, listEtag(context, request, revision ?? context.caller.revision))
  }
  if (endpoint.etag === 'task' && hasVersion(body)) {
    const etag = taskEtag(body.version)
    setValidators(reply, etag)
    if (endpoint.method === 'GET' && isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
  }
  return status === 204 ? reply.send() : body
}

function answerUnchanged(context: Context, request: FastifyRequest, reply: FastifyReply, revision: number): boolean {
  const etag = listEtag(context, request, revision)
  if (!isUnchanged(request.headers['if-none-match'], etag)) return false
  setValidators(reply, etag)
  reply.code(304).send()
  return true
}

function setValidators(reply: FastifyReply, etag: string): void {
  const vary = ['Cookie', 'Authorization', ...(reply.hasHeader('vary') ? ['Origin'] : [])].join(', ')
  reply.headers({ etag, 'cache-control': 'private, no-cache', vary })
}

/** Everything that a list depends on; the minute only where "now" decides what is in it. */
function listEtag({ caller, now }: Context, request: FastifyRequest, revision: number): string {
  const { query } = request
  const asked = typeof query === 'object' && query !== null ? query : {}
  const timeZone = 'timeZone' in asked && typeof asked.timeZone === 'string' ? asked.timeZone : caller.timeZone
  const moment = 'due' in asked ? calendarAt(now, timeZone).minute : ''
  return etagOf(caller.userId, version, revision, timeZone, moment, JSON.stringify(asked))
}

function hasVersion(body: unknown): body is { version: number } {
  return typeof body === 'object' && body !== null && 'version' in body && typeof body.version === 'number'
}
