import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How much there may be at once, of what connections cost that nobody uses. */
const usual = {
  /** Connections whose request has not come wholly. */
  unfinished: 500,
  /** Connections that are kept open between two requests. */
  idle: 2_000,
  /** In bytes: replies that their clients have not taken. */
  untaken: 32 * 1024 * 1024,
  /** In milliseconds: how long the rest of a request may take that is answered already. */
  afterReply: 2_000,
  /** In milliseconds: how long nothing may move while a client sends its request or takes its reply. */
  patience: 30_000,
}

/** How often it is looked at replies that wait, in milliseconds. */
const every = 250

/**
 * Keeps what is slow or endless from costing others their turn or their memory: when there is too much of it, that which
 * has lasted the longest ends. It does not go by addresses, since many people may share one. Answers the open connections.
 */
export function guardConnections(server: Server, limits: Partial<typeof usual> = {}): ReadonlySet<Socket> {
  const most = { ...usual, ...limits }
  const open = new Set<Socket>()
  // Sets keep the order in which their members came.
  const unfinished = new Set<Socket>()
  const idle = new Set<Socket>()
  const underWay = new WeakMap<Socket, number>()

  server.setTimeout(most.patience)
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    admit(unfinished, socket, most.unfinished)
    socket.once('close', () => {
      for (const set of [open, unfinished, idle]) set.delete(socket)
    })
  })
  function follow(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    idle.delete(socket)
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1)
    if (hasBody(request)) request.once('end', () => unfinished.delete(socket))
    else unfinished.delete(socket)
    response.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1
      underWay.set(socket, left)
      unfinished.delete(socket)
      if (socket.destroyed) return
      if (!request.complete) cutOff(request, most.afterReply)
      if (left === 0) admit(idle, socket, most.idle)
    })
  }

  for (const event of ['request', 'checkExpectation']) server.on(event, follow)
  server.on('upgrade', (_, socket: Socket) => {
    unfinished.delete(socket)
    idle.delete(socket)
  })
  const watch = watchReaders(open, most.untaken)
  server.once('close', () => clearInterval(watch))
  return open
}

/** Takes it as the newest; the oldest ends when there are too many. */
function admit(set: Set<Socket>, socket: Socket, most: number): void {
  set.add(socket)
  const [oldest] = set
  if (set.size <= most || !oldest) return
  set.delete(oldest)
  oldest.destroy()
}

/** Whoever has its reply and goes on sending ends soon. */
function cutOff(request: IncomingMessage, delay: number): void {
  setTimeout(() => void (request.complete || request.socket.destroy()), delay).unref()
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** When all have too much to take, those who have the most end. */
function watchReaders(open: ReadonlySet<Socket>, most: number): NodeJS.Timeout {
  return setInterval(() => {
    const waiting = [...open].filter((socket) => socket.writableLength > 0)
    let sum = waiting.reduce((bytes, socket) => bytes + socket.writableLength, 0)
    if (sum <= most) return
    for (const socket of waiting.toSorted((one, other) => other.writableLength - one.writableLength)) {
      if (sum <= most) return
      sum -= socket.writableLength
      socket.destroy()
    }
  }, every).unref()
}
