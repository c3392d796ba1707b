import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many requests of a connection may wait for the one before them. */
const usualMost = 100

/** In milliseconds: for so long the requests that have waited are taken up, before others have their turn again. */
const slice = 5

/**
 * Takes up the next request of a connection once the reply to the one before has gone out. It could not be answered earlier anyway,
 * and a client that asks for much and reads nothing costs no more than one reply.
 */
export function answerInOrder(handle: RequestListener, most = usualMost): RequestListener {
  const postpone = createQueue()
  const lines = new WeakMap<Socket, [IncomingMessage, ServerResponse][]>()

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    response.once('close', () => {
      const next = socket.destroyed ? undefined : lines.get(socket)?.shift()
      // On a connection that has ended nobody would hear of the end of what is begun.
      if (next) postpone(() => void (socket.destroyed || begin(...next)))
      else lines.delete(socket)
    })
    handle(request, response)
  }

  return (request, response) => {
    const line = lines.get(request.socket)
    if (!line) {
      lines.set(request.socket, [])
      begin(request, response)
    } else if (line.length < most) line.push([request, response])
    else request.socket.destroy()
  }
}

/** Runs work later, one piece after the other and not too many in one turn of the event loop. */
function createQueue(): (work: () => void) => void {
  const waiting: (() => void)[] = []
  let isDue = false

  function wake(): void {
    if (isDue) return
    isDue = true
    setImmediate(run)
  }

  function run(): void {
    isDue = false
    const end = performance.now() + slice
    do waiting.shift()?.()
    while (waiting.length > 0 && performance.now() < end)
    if (waiting.length > 0) wake()
  }

  return (work) => {
    waiting.push(work)
    wake()
  }
}
