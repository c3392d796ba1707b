import type { FastifyInstance } from 'fastify'

/** In bytes: what a piece of a body counts for at least, since a tiny one costs as much time as one of this size. */
const leastOfPiece = 256

/** Counts the pieces of bodies that come in chunks by what they cost, so that a body of thousands is too large, however short. */
export function countPieces(app: FastifyInstance): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.headers['transfer-encoding'] !== undefined) {
      let counted = 0
      payload.on('data', (piece: Buffer) => {
        counted += Math.max(piece.length, leastOfPiece)
        // Fastify holds it against the limit of the body.
        payload.receivedEncodedLength = counted
      })
    }
    done(null, payload)
  })
}
