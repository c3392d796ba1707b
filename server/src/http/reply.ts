import type { Endpoint } from '@taskwell/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Outcome } from '../verb.ts'
import type { FinishedReply, NewReply } from './answer-once.ts'
import { etagFor, validators } from './conditional.ts'
import { isUnchanged } from '../etags.ts'
import { sendPieces } from './pieces.ts'

/** A reply with its status, headers and body; 304 where the client holds it. */
export function answer(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome<unknown>,
): unknown {
  const { body, status = endpoint.status } = outcome
  const etag = etagFor(endpoint, outcome)
  reply.code(status).headers(headersOf(endpoint, outcome, etag))
  const isUnchangedTask = endpoint.etag === 'task' && endpoint.method === 'GET' && etag !== undefined
  if (isUnchangedTask && isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (status === 204) return reply.send()
  return endpoint.streamed ? sendPieces(request, reply, body) : body
}

/** The reply in its final form, before anything is sent: it goes out only after the commit. */
export function finish(endpoint: Endpoint, reply: FastifyReply, outcome: Outcome<unknown>): NewReply {
  const { body, status = endpoint.status } = outcome
  const headers = Object.entries(headersOf(endpoint, outcome, etagFor(endpoint, outcome)))
  const serialize = reply.getSerializationFunction(String(status)) ?? JSON.stringify
  return {
    status,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: status === 204 ? '' : serialize(body),
    taskIds: [...new Set(taskIdsIn(body))],
  }
}

/** The tasks that a reply tells of, wherever in it they are. */
function taskIdsIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return []
  if ('id' in body && 'version' in body) return [String(body.id)]
  return Object.values(body).flatMap(taskIdsIn)
}

/** Sends what is final already. */
export function send(reply: FastifyReply, { status, headers, body }: FinishedReply): FastifyReply {
  reply.code(status).headers(headers)
  return status === 204 ? reply.send() : reply.type('application/json; charset=utf-8').send(body)
}

function headersOf(
  { method }: Endpoint,
  { revision, wrote, headers }: Outcome<unknown>,
  etag: string | undefined,
): Record<string, string | string[]> {
  const told = revision !== undefined && { 'taskwell-revision': String(revision) }
  const own = wrote !== undefined && { 'taskwell-write': String(wrote) }
  // The tag of what a write answers is for `If-Match`; the reply itself is not asked for again.
  const tag = etag !== undefined && (method === 'GET' ? validators(etag) : { etag })
  return { ...headers, ...told, ...own, ...tag }
}
