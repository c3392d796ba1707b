import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many requests may wait for the one before them: of a connection, and of all together, beside one of each. */
const usual = { ofOne: 16, ofAll: 1_000 }

/** In milliseconds: for so long the requests that have waited are taken up, before others have their turn again. */
const slice = 5

/**
 * Takes up the next request of a connection once the reply to the one before has gone out. It could not be answered earlier anyway,
 * and a client that asks for much and reads nothing costs no more than one reply.
 */
export function answerInOrder(handle: RequestListener, limits: Partial<typeof usual> = {}): RequestListener {
  const most = { ...usual, ...limits }
  const postpone = createQueue()
  const lines = new WeakMap<Socket, Line>()
  let waiting = 0

  function lineOf(socket: Socket): Line {
    const known = lines.get(socket)
    if (known) return known
    const line: Line = { isBusy: false, waiting: [] }
    lines.set(socket, line)
    socket.once('close', () => {
      waiting -= line.waiting.length
      line.waiting.length = 0
    })
    return line
  }

  function begin(line: Line, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    line.isBusy = true
    response.once('close', () => {
      const next = line.waiting.shift()
      line.isBusy = next !== undefined
      if (!next) return
      waiting -= 1
      // On a connection that has ended nobody would hear of the end of what is begun.
      postpone(() => void (socket.destroyed || begin(line, ...next)))
    })
    handle(request, response)
  }

  return (request, response) => {
    const { socket } = request
    const line = lineOf(socket)
    if (!line.isBusy) return begin(line, request, response)
    const isTooMuch = line.waiting.length >= most.ofOne || (waiting >= most.ofAll && line.waiting.length > 0)
    if (socket.destroyed || isTooMuch) return void socket.destroy()
    line.waiting.push([request, response])
    waiting += 1
  }
}

/** The requests of a connection. */
interface Line {
  isBusy: boolean
  readonly waiting: [IncomingMessage, ServerResponse][]
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
