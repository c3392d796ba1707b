import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'

/** In bytes: from here on a reply is long. */
const long = 32 * 1024
/** In bytes: how much of a long reply is handed over to the system at once, at first and at most. */
const pieces = { first: 8 * 1024, largest: 64 * 1024 }
/** In milliseconds: a piece that took no longer is followed by one of twice its size. */
const quick = 0.03
/** In milliseconds: for so long pieces are handed over in a turn of the event loop, all together. */
const mostOfTurn = 0.05

/**
 * Sends long replies in pieces, so that they do not keep others from their turn. It is the client that decides what a write costs:
 * to one that takes tens of bytes at a time the system has to make thousands of packets, and a few hundred kilobytes take milliseconds.
 */
export function paceReplies(app: FastifyInstance): void {
  const inTurn = createTurns()
  app.addHook('onSend', (request, reply, payload, done) => {
    const isBytes = typeof payload === 'string' || Buffer.isBuffer(payload)
    if (!isBytes || payload.length < long || request.method === 'HEAD') return done(null, payload)
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    reply.header('content-length', bytes.length)
    done(null, cut(bytes, inTurn))
  })
}

function cut(bytes: Buffer, inTurn: (work: () => void) => void): Readable {
  let sent = 0
  let size = pieces.first
  return new Readable({
    read() {
      inTurn(() => {
        if (this.destroyed) return
        const begun = performance.now()
        const next = bytes.subarray(sent, sent + size)
        sent += next.length
        this.push(next)
        if (sent === bytes.length) this.push(null)
        // The connection writes it in the next tick.
        process.nextTick(() => {
          size = performance.now() - begun <= quick ? Math.min(size * 2, pieces.largest) : pieces.first
        })
      })
    },
  })
}

/** Does work in the order in which it comes, as much in one turn of the event loop as there is time for. */
function createTurns(): (work: () => void) => void {
  let end: number | undefined

  function attempt(work: () => void): void {
    const now = performance.now()
    if (end === undefined) {
      end = now + mostOfTurn
      setImmediate(() => (end = undefined))
    }
    if (now < end) work()
    else setImmediate(attempt, work)
  }

  return (work) => void setImmediate(attempt, work)
}
