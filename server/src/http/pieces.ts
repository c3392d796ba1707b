import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** In milliseconds: how long a client may take nothing at all before it is given up. */
const usualPatience = 30_000

/** Writes the pieces of a JSON text as fast as the client takes them. One that takes none any more is cut off. */
export function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  patience = usualPatience,
): FastifyReply {
  if (!isPieces(body)) throw new Error('A streamed reply must come in pieces')
  reply.type('application/json; charset=utf-8')
  reply.raw.setTimeout(patience, () => reply.raw.destroy())
  // An empty stream, since nothing at all would be told as a length of 0.
  return reply.send(Readable.from(request.method === 'HEAD' ? [] : body, { objectMode: false }))
}

function isPieces(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
