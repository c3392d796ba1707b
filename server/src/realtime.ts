import type { Server as HttpServer } from 'node:http'
import type { ErrorCode, ServerEvents } from '@taskwell/api'
import { type DefaultEventsMap, Server, type Socket } from 'socket.io'
import type { Feed } from './changes/index.ts'
import type { Caller, Log } from './context.ts'
import type { Visit } from './verb.ts'

export interface RealtimeOptions {
  readonly server: HttpServer
  readonly feed: Feed
  readonly epoch: string
  readonly log: Log
  findCaller(visit: Visit): Promise<{ caller: Caller } | undefined>
  isAllowedSite(visit: Visit): boolean
  /** Those of the sessions and API tokens that have not ended. */
  findLiveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>>
}

export interface Realtime {
  /** The space has come to this revision: sends everybody who listens what they have not got yet. */
  notify(spaceId: string, revision: number): void
  /** Ends all connections. */
  close(): void
}

interface Delivery {
  readonly spaceId: string
  /** The session or API token that it came with. */
  readonly sessionId: string
  /** The revision that the client has been brought to; undefined while it is being prepared. */
  revision: number | undefined
  /** When the client last took what it was sent, in milliseconds since 1970. */
  takenAt: number
}

/** Connections that stand at the same revision and can take more. */
interface Waiting {
  readonly from: number
  readonly sockets: readonly Connection[]
}

type Connection = Socket<DefaultEventsMap, ServerEvents, DefaultEventsMap, Delivery>

const most = { socketsAUser: 20, tasksAnEvent: 100, tasksReplayed: 1_000, bytesAMessage: 64 * 1024, inboundASecond: 20 }
const sessionCheck = 500
const patience = 15_000

/** Attaches Socket.IO to the server, which must have its request handler by then. */
export function createRealtime(options: RealtimeOptions): Realtime {
  const { server, feed, epoch, log } = options
  const io = new Server<DefaultEventsMap, ServerEvents, DefaultEventsMap, Delivery>(server, {
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: most.bytesAMessage,
    connectTimeout: 10_000,
  })
  const spaces = new Map<string, Set<Connection>>()
  const heads = new Map<string, number>()
  const pumping = new Set<string>()

  io.use(async (socket, next) => next(await introduce(socket)))

  /** Answers what Socket.IO wants to hear: nothing, or the error for the client, without the inside of ours. */
  async function introduce(socket: Connection): Promise<Error | undefined> {
    try {
      await admit(socket)
      return undefined
    } catch (error) {
      if (error instanceof Error && 'data' in error) return error
      log.error({ err: error }, 'a connection could not be admitted')
      return refused('unavailable')
    }
  }

  async function admit(socket: Connection): Promise<void> {
    const visit = visitOf(socket)
    if (visit.headers.authorization === undefined && !options.isAllowedSite(visit)) throw refused('origin_not_allowed')
    const found = await options.findCaller(visit)
    const sessionId = found && credentialOf(found.caller)
    if (!found || !sessionId) throw refused('unauthenticated')
    const { spaceId } = found.caller
    if ((spaces.get(spaceId)?.size ?? 0) >= most.socketsAUser) throw refused('rate_limited')
    Object.assign(socket.data, { spaceId, sessionId, revision: undefined, takenAt: Date.now() })
  }

  io.on('connection', (socket) => {
    const listening = spaces.get(socket.data.spaceId) ?? new Set()
    // Of several that were admitted at once, too.
    if (listening.size >= most.socketsAUser) return void socket.disconnect(true)
    spaces.set(socket.data.spaceId, listening.add(socket))
    socket.on('disconnect', () => {
      listening.delete(socket)
      if (listening.size > 0 || spaces.get(socket.data.spaceId) !== listening) return
      spaces.delete(socket.data.spaceId)
      heads.delete(socket.data.spaceId)
    })
    limitInbound(socket)
    socket.conn.transport.on('ready', () => {
      socket.data.takenAt = Date.now()
      feedWaiting(socket.data.spaceId)
    })
    greet(socket).catch((error: unknown) => {
      log.error({ err: error }, 'a connection could not be prepared')
      socket.disconnect(true)
    })
  })

  /** Says where the space stands, and takes the client up where it left off. */
  async function greet(socket: Connection): Promise<void> {
    const { spaceId, sessionId } = socket.data
    const { revision, floor } = await feed.readHead(spaceId)
    // The session may have ended between the handshake and now.
    if (!(await options.findLiveSessions([sessionId])).has(sessionId)) return endSession(socket)
    socket.emit('ready', { revision, epoch })
    const { since, epoch: theirs = epoch } = readAuth(socket)
    const isKnown = since === undefined || (theirs === epoch && since <= revision && since >= floor)
    if (!isKnown || (since !== undefined && (await feed.hasMoreThan(spaceId, since, most.tasksReplayed)))) {
      socket.emit('resync', { revision, epoch })
      socket.data.revision = revision
    } else {
      socket.data.revision = since ?? revision
    }
    notify(spaceId, revision)
  }

  function notify(spaceId: string, revision: number): void {
    if (!spaces.has(spaceId)) return
    heads.set(spaceId, Math.max(revision, heads.get(spaceId) ?? 0))
    feedWaiting(spaceId)
  }

  function feedWaiting(spaceId: string): void {
    if (pumping.has(spaceId)) return
    pumping.add(spaceId)
    pump(spaceId).catch((error: unknown) => {
      // A client that has to reconnect asks again for what it was not sent.
      log.error({ err: error }, 'changes could not be delivered')
      for (const socket of spaces.get(spaceId) ?? []) socket.disconnect(true)
    })
  }

  /** Reads the feed once for all connections that stand at the same revision, until nobody who reads is behind. */
  async function pump(spaceId: string): Promise<void> {
    try {
      for (let waiting = findWaiting(spaceId); waiting; waiting = findWaiting(spaceId)) {
        await deliver(spaceId, waiting)
      }
    } finally {
      // In the same turn as the last look, so that no notice falls between.
      pumping.delete(spaceId)
    }
  }

  async function deliver(spaceId: string, { from, sockets }: Waiting): Promise<void> {
    const { changes, revision: to } = await feed.read(spaceId, from, most.tasksAnEvent)
    if (to <= from) throw new Error(`The feed of a space stands at ${to}, behind ${from}`)
    for (const socket of sockets) {
      if (socket.data.revision !== from) continue
      socket.data.revision = to
      socket.emit('changes', { from, to, changes })
    }
  }

  function findWaiting(spaceId: string): Waiting | undefined {
    const head = heads.get(spaceId) ?? 0
    const behind = [...(spaces.get(spaceId) ?? [])].filter(
      (socket) => isReading(socket) && socket.data.revision !== undefined && socket.data.revision < head,
    )
    const from = behind[0]?.data.revision
    return from === undefined ? undefined : { from, sockets: behind.filter(({ data }) => data.revision === from) }
  }

  const sweeper = setInterval(() => {
    sweep().catch((error: unknown) => log.error({ err: error }, 'sessions could not be checked'))
  }, sessionCheck)
  sweeper.unref()

  /**
   * Ends what must not go on: connections of ended sessions, and those that do not read. Hears of what other processes
   * have written, too.
   */
  async function sweep(): Promise<void> {
    const connections = [...spaces.values()].flatMap((sockets) => [...sockets])
    if (connections.length === 0) return
    for (const { id, revision } of await feed.readHeads([...spaces.keys()])) notify(id, revision)
    const live = await options.findLiveSessions([...new Set(connections.map(({ data }) => data.sessionId))])
    for (const socket of connections) {
      if (!live.has(socket.data.sessionId)) endSession(socket)
      else if (!isReading(socket) && Date.now() - socket.data.takenAt > patience) socket.disconnect(true)
    }
  }

  return {
    notify,
    close: () => {
      clearInterval(sweeper)
      io.disconnectSockets(true)
      io.engine.close()
    },
  }
}

/** By which session or API token the caller may listen, if any. */
function credentialOf({ sessionId, token }: Caller): string | undefined {
  if (token) return token.scopes.includes('tasks:read') ? token.id : undefined
  return sessionId ?? undefined
}

/** Whether the client has taken all that it was sent. Only then it gets more, so nothing piles up for it here. */
function isReading({ conn }: Connection): boolean {
  return conn.transport.writable
}

function endSession(socket: Connection): void {
  socket.emit('session:ended', { reason: 'ended' })
  socket.disconnect(true)
}

/** Clients have nothing to say here: writes go over HTTP. */
function limitInbound(socket: Connection): void {
  let heard = 0
  const counter = setInterval(() => void (heard = 0), 1_000)
  counter.unref()
  socket.on('disconnect', () => clearInterval(counter))
  socket.onAny(() => {
    heard += 1
    if (heard > most.inboundASecond) socket.disconnect(true)
  })
}

function visitOf(socket: Connection): Visit {
  const { headers, address } = socket.handshake
  const { token } = socket.handshake.auth
  const authorization = typeof token === 'string' ? `Bearer ${token}` : headers.authorization
  return { headers: { ...headers, ...(authorization !== undefined && { authorization }) }, ip: address }
}

function readAuth(socket: Connection): { since?: number; epoch?: string } {
  const { since, epoch } = socket.handshake.auth
  return {
    ...(Number.isSafeInteger(since) && since >= 0 && { since: Number(since) }),
    ...(typeof epoch === 'string' && { epoch }),
  }
}

/** An error of the handshake: `connect_error` at the client, with the code in `data`. */
function refused(code: ErrorCode): Error {
  return Object.assign(new Error(code), { data: { code } })
}
