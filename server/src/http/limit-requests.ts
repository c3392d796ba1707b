import type { Endpoint } from '@taskwell/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'
import { limitHeaders, type Limits, type Meter } from '../limits/index.ts'
import type { Outcome } from '../verb.ts'

declare module 'fastify' {
  interface FastifyRequest {
    meter: Meter | null
  }
}

/** Has every reply tell what its request has drawn on, whether it was refused or not. */
export function tellLimits(app: FastifyInstance): void {
  app.decorateRequest('meter', null)
  app.addHook('onSend', ({ meter }, reply, payload, done) => {
    if (meter) reply.headers(limitHeaders(meter))
    done(null, payload)
  })
}

/** What the request has drawn on so far. */
export function meterOf(request: FastifyRequest): Meter {
  return (request.meter ??= new Map())
}

/** Judges by who asks, or from where, before anything of the request's content is read. @throws rate_limited */
export async function admitRequest(
  limits: Limits,
  { limit, streamed }: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { ip, headers, context } = request
  const meter = meterOf(request)
  if ((limit === 'read' || limit === 'write') && context) await limits.countRequest(meter, limit, context.caller.userId)
  if (streamed && context) reply.raw.once('close', limits.beginDownload(context.caller.userId))
  if (limit === 'login' || limit === 'registration') await limits.expectRoom(meter, limit, { headers, ip })
}

/** Has what fails count, and what makes accounts. */
export function withinLimits(
  limits: Limits,
  { endpoint, request }: { endpoint: Endpoint; request: FastifyRequest },
  work: () => Promise<Outcome<unknown>>,
): Promise<Outcome<unknown>> {
  const { context } = request
  if (!context) return withinStrangersLimits(limits, { endpoint, request }, work)
  if (!endpoint.confirms) return work()
  return limits.confirm(meterOf(request), context.caller.userId, work, isRefusal('invalid_credentials'))
}

/** A device that signs in is known from then on. */
async function withinStrangersLimits(
  limits: Limits,
  { endpoint, request }: { endpoint: Endpoint; request: FastifyRequest },
  work: () => Promise<Outcome<unknown>>,
): Promise<Outcome<unknown>> {
  const { ip, headers, body } = request
  const meter = meterOf(request)
  const email = emailOf(body)
  if (email === undefined || (endpoint.limit !== 'login' && endpoint.limit !== 'registration')) return work()
  const visit = { headers, ip }
  const outcome =
    endpoint.limit === 'login'
      ? await limits.signIn(meter, { visit, email }, work, isRefusal('invalid_credentials'))
      : await limits.register(meter, visit, work, (result) => !(result instanceof Error) || isTaken(result))
  const cookie = limits.deviceCookie(email)
  const isSignedIn = outcome.headers?.['set-auth-token'] !== undefined
  return cookie !== undefined && isSignedIn ? withCookie(outcome, cookie) : outcome
}

/** After the session's own, which some clients take to be the first. */
function withCookie(outcome: Outcome<unknown>, cookie: string): Outcome<unknown> {
  const cookies = [outcome.headers?.['set-cookie'] ?? [], cookie].flat()
  return { ...outcome, headers: { ...outcome.headers, 'set-cookie': cookies } }
}

const isTaken = isRefusal('email_taken')

function isRefusal(code: string): (result: unknown) => boolean {
  return (result) => result instanceof Refusal && result.code === code
}

function emailOf(body: unknown): string | undefined {
  return typeof body === 'object' && body !== null && 'email' in body && typeof body.email === 'string'
    ? body.email
    : undefined
}
