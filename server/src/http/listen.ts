import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { answerInOrder } from './answer-in-order.ts'
import { guardConnections } from './guard-connections.ts'

const longestFarewell = 8_000
/** Beyond these, new connections are closed at once, so that file handles and memory last: 10,000 devices that listen, and requests. */
const mostConnections = 15_000
/** How many connections may wait to be accepted: after a restart all devices come back at once. */
const backlog = 4_096
/** Clients that are busy send their next request within this time, even from a machine that has much to do. */
const lastWords = 1_000

/** Times in milliseconds. What Node would refuse with an empty reply is let through, to be refused with a problem. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 64 * 1024,
  requireHostHeader: false,
  shouldUpgradeCallback: isSocket,
}

/** An offer of another protocol, such as the HTTP/2 of Java's client, may be ignored (RFC 9110, section 7.8), not cut off. */
function isSocket({ url = '', headers }: IncomingMessage): boolean {
  return url.startsWith('/socket.io/') && headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Takes the address, so that its port is known before anything is built on it. Requests and sockets that come in until
 * `serve` wait for the program to be ready.
 * @throws when the address is taken or not this machine's.
 */
export async function listen(options: {
  host: string
  port: number
}): Promise<{ server: Server; port: number; serve(handler: RequestListener): void }> {
  const server = createServer(limits)
  server.maxConnections = mostConnections
  connections.set(server, guardConnections(server))
  const early: [IncomingMessage, ServerResponse][] = []
  let handle: RequestListener = (request, response) => void early.push([request, response])
  const answer = answerInOrder((request, response) => handle(request, response))
  for (const event of ['request', 'checkExpectation']) server.on(event, answer)
  const admitEarly = keepEarlySockets(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog }, resolve)
  })
  const address = server.address()
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    serve: (handler) => {
      handle = handler
      for (const [request, response] of early) handler(request, response)
      admitEarly()
    },
  }
}

/** Keeps those that come before anybody listens for them. Answers how to let them in. */
function keepEarlySockets(server: Server): () => void {
  const early: [IncomingMessage, Socket, Buffer][] = []
  const keep = (...upgrade: [IncomingMessage, Socket, Buffer]): void => {
    early.push(upgrade)
    // An error that nobody listens for would end the process.
    upgrade[1].on('error', () => upgrade[1].destroy())
  }
  server.on('upgrade', keep)
  server.on('newListener', (event) => void (event === 'upgrade' && server.off('upgrade', keep)))
  return () => {
    for (const upgrade of early.splice(0)) if (!upgrade[1].destroyed) server.emit('upgrade', ...upgrade)
  }
}

const connections = new WeakMap<Server, ReadonlySet<Socket>>()

/**
 * Takes no new connections and lets requests in flight finish, but not for ever. Connections that are kept open are not
 * cut at once: a request may be on its way, and its reply says `Connection: close`. They have `wait` milliseconds.
 */
export async function stopServing(server: Server, wait = lastWords): Promise<void> {
  // The method of HTTP servers cuts connections that are idle at this moment.
  const closed = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()))
  await Promise.race([closed, pause(wait)])
  // After what has come while the process had to wait for its turn: those connections are not idle.
  await nextTurn()
  server.close()
  // Browsers open connections in advance, which Node counts as busy until something was sent on them.
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
  // A connection is idle only after its last reply, so this is done again and again.
  const sweeper = setInterval(() => setImmediate(() => server.closeIdleConnections()), 50)
  const patience = setTimeout(() => {
    for (const socket of connections.get(server) ?? []) socket.destroy()
  }, longestFarewell)
  await closed
  clearInterval(sweeper)
  clearTimeout(patience)
}
