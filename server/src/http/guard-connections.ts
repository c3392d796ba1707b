import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Chain, createChain, createLink, type Link } from './chain.ts'

/** How much there may be at once, of what connections cost that nobody uses. */
const usual = {
  /** Connections whose request has not come wholly, beside those that are new. */
  unfinished: 500,
  /** In milliseconds: how long a connection is new. After a restart thousands come at once, and all of them in earnest. */
  newFor: 1_000,
  /** Connections that are kept open between two requests. */
  idle: 2_000,
  /** In bytes: replies that their clients have not taken. */
  untaken: 32 * 1024 * 1024,
  /** In milliseconds: how long the rest of a request may take that is answered already. */
  afterReply: 2_000,
  /** In bytes: how much of such a rest is read, so that the connection can go on. */
  restOfBody: 1024 * 1024,
  /** In bytes: how much of all such rests is read between two looks. */
  restOfBodies: 4 * 1024 * 1024,
  /** In milliseconds: how long nothing may move while a client sends its request or takes its reply. */
  patience: 30_000,
}

/** How often it is looked at what waits, in milliseconds. */
const every = 250
/** In bytes: a piece of what is read in vain costs as much time as these, however short it is. */
const costOfPiece = 16 * 1024
/** Much may be asked for in that time: after so many requests it is looked at their replies, too. */
const requestsALook = 16

/**
 * Keeps what is slow or endless from costing others their turn or their memory: when there is too much of it, that which
 * has lasted the longest ends. It does not go by addresses, since many people may share one. Answers the open connections.
 */
export function guardConnections(server: Server, limits: Partial<typeof usual> = {}): ReadonlySet<Socket> {
  const most = { ...usual, ...limits }
  const open = new Set<Socket>()
  /** Since when; in the order in which they came. */
  const unfinished = new Map<Socket, number>()
  const links = new WeakMap<Socket, Link<Connection>>()
  const idle = createChain<Connection>()
  /** Those with requests that are not answered yet, or whose replies are not taken yet. */
  const busy = createChain<Connection>()
  let sinceLook = 0
  const budget: Budget = { left: most.restOfBodies, waiting: new Set() }

  server.setTimeout(most.patience)
  server.on('connection', (socket: Socket) => {
    const link = createLink({ socket, underWay: 0 })
    open.add(socket)
    unfinished.set(socket, performance.now())
    links.set(socket, link)
    socket.once('close', () => {
      for (const set of [open, unfinished, budget.waiting]) set.delete(socket)
      link.chain?.remove(link)
    })
  })
  function rest(link: Link<Connection>): void {
    const { socket, underWay } = link.value
    if (!socket.destroyed && underWay === 0) admit(idle, link, most.idle)
  }
  function follow(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const link = links.get(socket)
    if (!link || socket.destroyed) return
    busy.add(link)
    link.value.underWay += 1
    if (hasBody(request)) request.once('end', () => unfinished.delete(socket))
    else unfinished.delete(socket)
    // It is refused by its length; what comes of it stays with the client.
    if (lengthOf(request) > most.restOfBody) socket.pause()
    // Before Node reads it itself, without end.
    response.prependOnceListener('finish', () => void (request.complete || readRest(request, budget, most)))
    response.once('close', () => {
      link.value.underWay -= 1
      if (link.value.underWay === 0) busy.remove(link)
      unfinished.delete(socket)
      // Whoever still sends has no claim to the place of somebody who waits in peace.
      if (request.complete) rest(link)
      else request.once('end', () => rest(link))
    })
    sinceLook += 1
    if (sinceLook < requestsALook) return
    sinceLook = 0
    endReaders(socketsOf(busy), most.untaken)
  }

  for (const event of ['request', 'checkExpectation']) server.on(event, follow)
  server.on('upgrade', (_, socket: Socket) => {
    unfinished.delete(socket)
    const link = links.get(socket)
    if (link) idle.remove(link)
  })
  const watch = setInterval(() => {
    endReaders(open, most.untaken)
    budget.left = most.restOfBodies
    goOn(budget)
    // Only after what has come by now was read: it may be the rest of their requests.
    setImmediate(() => endUnfinished(unfinished, most))
  }, every).unref()
  server.once('close', () => clearInterval(watch))
  return open
}

/** When there are too many, the oldest end. */
function endUnfinished(unfinished: ReadonlyMap<Socket, number>, { unfinished: most, newFor }: typeof usual): void {
  let tooMany = unfinished.size - most
  const before = performance.now() - newFor
  for (const [socket, since] of unfinished) {
    if (tooMany <= 0 || since > before) return
    tooMany -= 1
    socket.destroy()
  }
}

interface Connection {
  readonly socket: Socket
  /** How many requests are not answered yet, or their replies not taken. */
  underWay: number
}

function* socketsOf(connections: Iterable<Connection>): Iterable<Socket> {
  for (const { socket } of connections) yield socket
}

/** Takes it as the newest; the oldest ends when there are too many. */
function admit(idle: Chain<Connection>, link: Link<Connection>, most: number): void {
  idle.add(link)
  const oldest = idle.oldest()
  if (idle.size() <= most || !oldest) return
  idle.remove(oldest)
  oldest.value.socket.destroy()
}

/** As many as the budget has a read for, which is 64 KiB; those that have waited the longest. */
function goOn({ left, waiting }: Budget): void {
  let reads = Math.max(1, Math.floor(left / 65_536))
  for (const socket of waiting) {
    if (reads === 0) return
    reads -= 1
    waiting.delete(socket)
    socket.resume()
  }
}

/** How much of what nobody wants may still be read until the next look, and who waits for that. */
interface Budget {
  left: number
  readonly waiting: Set<Socket>
}

/** Whoever has its reply and goes on sending ends soon, and is not read from when it is much. */
function readRest(
  request: IncomingMessage,
  budget: Budget,
  { afterReply, restOfBody }: Pick<typeof usual, 'afterReply' | 'restOfBody'>,
): void {
  const { socket } = request
  let left = restOfBody
  const stop = (): void => {
    request.pause()
    // What has been asked of the connection in this turn of the event loop comes before.
    setImmediate(() => socket.pause())
  }
  const wait = (): void => {
    setImmediate(() => {
      if (socket.destroyed || request.complete || left < 0) return
      socket.pause()
      budget.waiting.add(socket)
    })
  }
  if (lengthOf(request) > restOfBody) stop()
  request.on('data', (bytes: Buffer) => {
    const cost = bytes.length + costOfPiece
    left -= cost
    budget.left -= cost
    if (left < 0) stop()
    else if (budget.left < 0) wait()
  })
  setTimeout(() => void (request.complete || socket.destroy()), afterReply).unref()
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || lengthOf(request) > 0
}

function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0)
}

/** When all have too much to take, those who have the most end. */
function endReaders(sockets: Iterable<Socket>, most: number): void {
  const waiting = [...sockets].filter((socket) => socket.writableLength > 0)
  let sum = waiting.reduce((bytes, socket) => bytes + socket.writableLength, 0)
  if (sum <= most) return
  for (const socket of waiting.toSorted((one, other) => other.writableLength - one.writableLength)) {
    if (sum <= most) return
    sum -= socket.writableLength
    socket.destroy()
  }
}
