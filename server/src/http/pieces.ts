import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Writes the pieces of a JSON text as fast as the client takes them. */
export function sendPieces(request: FastifyRequest, reply: FastifyReply, body: unknown): FastifyReply {
  if (!isPieces(body)) throw new Error('A streamed reply must come in pieces')
  reply.type('application/json; charset=utf-8')
  // An empty stream, since nothing at all would be told as a length of 0.
  return reply.send(Readable.from(request.method === 'HEAD' ? [] : body, { objectMode: false }))
}

function isPieces(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
