import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'

const longestFarewell = 8_000
/** Beyond these, new connections are closed at once, so that file handles and memory last. */
const mostConnections = 10_000

/** Times in milliseconds. What Node would refuse with an empty reply is let through, to be refused with a problem. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 64 * 1024,
  requireHostHeader: false,
}

/**
 * Takes the address, so that its port is known before anything is built on it. Requests that come in until `serve`
 * wait for the program to be ready.
 * @throws when the address is taken or not this machine's.
 */
export async function listen(options: {
  host: string
  port: number
}): Promise<{ server: Server; port: number; serve(handler: RequestListener): void }> {
  const server = createServer(limits)
  server.maxConnections = mostConnections
  const early: [IncomingMessage, ServerResponse][] = []
  let handle: RequestListener = (request, response) => void early.push([request, response])
  for (const event of ['request', 'checkExpectation']) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => handle(request, response))
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port }, resolve)
  })
  const address = server.address()
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    serve: (handler) => {
      handle = handler
      for (const [request, response] of early) handler(request, response)
    },
  }
}

/** Lets requests in flight finish, but not for ever. */
export async function stopServing(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
  // A connection is idle only after its last reply, so this is done again and again.
  const sweeper = setInterval(() => server.closeIdleConnections(), 50)
  const patience = setTimeout(() => server.closeAllConnections(), longestFarewell)
  await closed
  clearInterval(sweeper)
  clearTimeout(patience)
}
