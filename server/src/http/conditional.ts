import type { Endpoint } from '@taskwell/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import { version } from '../version.ts'
import type { Outcome } from '../verb.ts'
import { etagOf, isUnchanged, taskEtag } from '../etags.ts'
import type { ReplyCache } from './reply-cache.ts'

/** The tag of a reply that is about a task. */
export function etagFor(endpoint: Endpoint, { body }: Outcome<unknown>): string | undefined {
  return endpoint.etag === 'task' && hasVersion(body) ? taskEtag(body.version) : undefined
}

/** What a client needs for asking again. */
export function validators(etag: string): Record<string, string> {
  return { etag, 'cache-control': 'private, no-cache', vary: 'Cookie, Authorization' }
}

interface Asked {
  readonly context: Context
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Answers what depends on the state of the caller's space: with 304, when the client holds that; from the cache, when it
 * was read at this revision before; else from the database. The revision came with the caller, so what another process
 * wrote is never missed.
 */
export async function answerByRevision(
  { context, request, reply }: Asked,
  cache: ReplyCache,
  read: () => Promise<Outcome<unknown>>,
): Promise<FastifyReply> {
  const key = dependencies(context, request, context.caller.revision)
  const kept = cache.find(key)
  const etag = kept?.etag ?? etagOf(key)
  if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).headers(validators(etag)).send()
  if (kept) return reply.headers(kept.headers).send(kept.body)
  const { body, revision = context.caller.revision } = await read()
  // It may have moved on since the caller was identified.
  const keyRead = dependencies(context, request, revision)
  const etagRead = etagOf(keyRead)
  const serialize = reply.getSerializationFunction('200') ?? JSON.stringify
  const bytes = bytesOf(serialize(body))
  const fresh = { etag: etagRead, headers: headersOf(etagRead, revision), body: bytes }
  cache.keep(keyRead, fresh)
  return reply.headers(fresh.headers).send(fresh.body)
}

const encoder = new TextEncoder()

/** In memory of their own: short texts get theirs from `Buffer.from` in a piece with others, all of which would be kept. */
function bytesOf(text: string): Buffer {
  return Buffer.from(encoder.encode(text).buffer)
}

function headersOf(etag: string, revision: number): Record<string, string> {
  return {
    ...validators(etag),
    'taskwell-revision': String(revision),
    'content-type': 'application/json; charset=utf-8',
  }
}

/** Everything that such a reply depends on; the minute only where "now" decides what is in it. */
function dependencies({ caller, now }: Context, request: FastifyRequest, revision: number): string {
  const { query } = request
  const { url, config } = request.routeOptions
  const asked = typeof query === 'object' && query !== null ? query : {}
  const timeZone = 'timeZone' in asked && typeof asked.timeZone === 'string' ? asked.timeZone : caller.timeZone
  const isTimely = 'due' in asked || config.endpoint?.timely === true
  const moment = isTimely ? calendarAt(now, timeZone).minute : ''
  return JSON.stringify([url, caller.userId, version, revision, timeZone, moment, asked])
}

function hasVersion(body: unknown): body is { version: number } {
  return typeof body === 'object' && body !== null && 'version' in body && typeof body.version === 'number'
}
