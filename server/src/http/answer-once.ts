import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type Context, transactInSpace } from '../context.ts'
import { lockName } from '../database/sql.ts'
import { invalid, notFound, Refusal } from '../errors.ts'
import type { NameTurns } from './name-turns.ts'
import { findKeptReply, keepReply } from './queries.ts'

/** A successful reply as it goes out, and as it is kept for whoever repeats the request. */
export interface FinishedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty when there is none. */
  readonly body: string
}

/** A reply that is to be kept, until one of the tasks that it tells of is erased. */
export interface NewReply extends FinishedReply {
  readonly taskIds: readonly string[]
}

/** @throws validation_failed for a key that is none. */
export function readIdempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw invalid('/headers/idempotency-key', 'must be 1 to 255 printable ASCII characters')
}

export interface KeyedRequest {
  readonly request: Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'bodyBytes'>
  readonly key: string
  /** Those of this node. */
  readonly turns: NameTurns
}

/** How long a reply is kept, in milliseconds. */
const lifetime = 24 * 60 * 60 * 1000
/** How long a request waits for an earlier one with its key, in milliseconds. */
const patience = 5_000

/**
 * Does the work once for all requests of the user with this key, however often and wherever they arrive. The reply is
 * kept in the transaction of the work, so there is never one without the other; a refusal leaves no trace.
 */
export async function answerOnce<C extends Context>(
  ctx: C,
  { request, key, turns }: KeyedRequest,
  work: (ctx: C) => Promise<NewReply>,
): Promise<FinishedReply> {
  const name = JSON.stringify(['idempotency key', ctx.caller.userId, key])
  // Those who wait on this node do so before they take a connection, of which there are few.
  const began = performance.now()
  const endTurn = await turns.take(name, patience)
  if (!endTurn) throw inProgress()
  try {
    return await answerInTurn(ctx, { request, key, name, patience: patience - (performance.now() - began) }, work)
  } finally {
    endTurn()
  }
}

function answerInTurn<C extends Context>(
  ctx: C,
  { request, key, name, patience }: Pick<KeyedRequest, 'request' | 'key'> & { name: string; patience: number },
  work: (ctx: C) => Promise<NewReply>,
): Promise<FinishedReply> {
  const { userId, spaceId } = ctx.caller
  return transactInSpace(ctx, async (ctx) => {
    if (!(await lockName(ctx.db, name, patience))) throw inProgress()
    const requestHash = hashOf(request)
    const kept = await findKeptReply(ctx.db, { userId, key })
    if (kept && kept.keptAt > new Date(ctx.now.getTime() - lifetime).toISOString()) {
      if (kept.requestHash !== requestHash) throw reused()
      return stillTold(kept.reply)
    }
    const reply = await work(ctx)
    const now = ctx.now.toISOString()
    await keepReply(ctx.db, { userId, spaceId, key, requestHash, reply, now, isInPlace: kept !== undefined })
    return reply
  })
}

/** @throws not_found when the reply told of a task that has been erased since: there is no effect a second time. */
function stillTold(reply: FinishedReply): FinishedReply {
  if (reply.body === '' && reply.status !== 204) throw notFound('Task')
  return reply
}

/** What makes two requests the same one: method, address, precondition and the bytes of the body. */
function hashOf({ method, url, headers, bodyBytes }: KeyedRequest['request']): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, headers['if-match'] ?? null]))
    .update(bodyBytes ?? '')
    .digest('base64url')
}

function inProgress(): Refusal {
  return new Refusal('request_in_progress', { detail: 'Ask again in a moment, with the same key, for its reply.' })
}

function reused(): Refusal {
  return new Refusal('idempotency_key_reused', { detail: 'Send another request with a key of its own.' })
}
