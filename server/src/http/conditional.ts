import type { Endpoint } from '@taskwell/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import { version } from '../version.ts'
import type { Outcome } from '../verb.ts'
import { etagOf, isUnchanged, taskEtag } from './etags.ts'

/** The tag of a reply, where its endpoint gives one. */
export function etagFor(
  endpoint: Endpoint,
  request: FastifyRequest,
  { body, revision }: Outcome<unknown>,
): string | undefined {
  if (endpoint.etag === 'task') return hasVersion(body) ? taskEtag(body.version) : undefined
  if (endpoint.etag !== 'revision' || !request.context) return undefined
  return listEtag(request.context, request, revision ?? request.context.caller.revision)
}

/** Answers 304, before anything is read, when the space and the moment are those of the reply that the client holds. */
export function answerUnchanged(context: Context, request: FastifyRequest, reply: FastifyReply): boolean {
  const etag = listEtag(context, request, context.caller.revision)
  if (!isUnchanged(request.headers['if-none-match'], etag)) return false
  reply.code(304).headers(validators(etag)).send()
  return true
}

/** What a client needs for asking again. */
export function validators(etag: string): Record<string, string> {
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
