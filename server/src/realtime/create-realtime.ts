import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { ServerEvents } from '@taskwell/api'
import { type DefaultEventsMap, Server } from 'socket.io'
import { credentialOf } from '../auth/index.ts'
import type { Feed } from '../changes/index.ts'
import type { Caller, Log, News } from '../context.ts'
import type { Visit } from '../verb.ts'
import { createAudiences } from './audiences.ts'
import type { Connection, Delivery } from './connection.ts'
import { createPump } from './deliver-changes.ts'
import { readPlace, refused, visitOf } from './handshake.ts'
import { limitInbound } from './limit-inbound.ts'
import { watchOver, type WatchOptions } from './watch-over.ts'

export interface RealtimeOptions extends Pick<WatchOptions, 'log' | 'now' | 'findStandings' | 'findForeignWrites'> {
  readonly server: HttpServer
  readonly feed: Feed
  readonly epoch: string
  readonly log: Log
  /** How many connections a user may have; undefined for as many as one likes. */
  readonly socketsAUser: number | undefined
  findCaller(visit: Visit): Promise<{ caller: Caller } | undefined>
  isAllowedSite(visit: Visit): boolean
}

export interface Realtime {
  /** Brings the news to everybody whom it concerns. */
  tell(news: News): void
  /** Ends all connections. */
  close(): Promise<void>
}

const most = { tasksReplayed: 1_000, bytesAMessage: 64 * 1024 }
/** In milliseconds: how long a device may take to hear that its connection ends. One that is asleep never does. */
const farewell = 1_000

/** Attaches Socket.IO to the server, which must have its request handler by then. */
export function createRealtime(options: RealtimeOptions): Realtime {
  const { server, feed, epoch, log, socketsAUser = Number.POSITIVE_INFINITY } = options
  const io = new Server<DefaultEventsMap, ServerEvents, DefaultEventsMap, Delivery>(server, {
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: most.bytesAMessage,
    connectTimeout: 10_000,
  })
  const audiences = createAudiences()
  const pump = createPump({ feed, log })
  const watch = watchOver({ ...options, audiences, notify })

  // Also those of devices that never say who they are.
  const lines = new Set<Socket>()
  io.engine.on('connection', ({ request: { socket } }: { request: IncomingMessage }) => {
    lines.add(socket)
    socket.once('close', () => lines.delete(socket))
  })
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
    if (!options.isAllowedSite(visit)) throw refused('origin_not_allowed')
    const caller = (await options.findCaller(visit))?.caller
    const credential = caller && credentialOf(caller)
    if (!credential) throw refused('unauthenticated')
    const { userId, spaceId } = caller
    if ((audiences.find(spaceId)?.sockets.size ?? 0) >= socketsAUser) throw refused('rate_limited')
    readPlace(socket)
    const untold = { user: undefined, revision: undefined, stuckSince: undefined }
    Object.assign(socket.data, { userId, spaceId, credential, expiresAt: options.now(), ...untold })
  }

  io.on('connection', (socket) => {
    // Of several that were admitted at once, too.
    if (!audiences.add(socket, socketsAUser)) return void socket.disconnect(true)
    socket.on('disconnect', () => audiences.remove(socket))
    limitInbound(socket)
    socket.conn.transport.on('ready', () => {
      socket.data.stuckSince = undefined
      const audience = audiences.find(socket.data.spaceId)
      if (audience) pump(audience)
    })
    greet(socket).catch((error: unknown) => {
      log.error({ err: error }, 'a connection could not be prepared')
      socket.disconnect(true)
    })
  })

  /** Says where the space stands, and takes the client up where it left off. */
  async function greet(socket: Connection): Promise<void> {
    // The session may have ended between the handshake and now; what ends from here on, the watch is told of.
    if (!(await watch.admit(socket))) return
    const { spaceId } = socket.data
    const { revision, floor } = await feed.readHead(spaceId)
    socket.emit('ready', { revision, epoch })
    const { since, epoch: theirs = epoch } = readPlace(socket)
    const isComplete = since === 0 || (since !== undefined && since >= floor)
    const isKnown = since === undefined || (theirs === epoch && since <= revision && isComplete)
    if (!isKnown || (since !== undefined && (await feed.hasMoreThan(spaceId, since, most.tasksReplayed)))) {
      socket.emit('resync', { revision, epoch })
      socket.data.revision = revision
    } else {
      socket.data.revision = since ?? revision
    }
    notify(spaceId, revision)
  }

  function notify(spaceId: string, revision: number): void {
    const audience = audiences.find(spaceId)
    if (!audience) return
    audience.head = Math.max(revision, audience.head)
    pump(audience)
  }

  return {
    tell: (news) => ('spaceId' in news ? notify(news.spaceId, news.revision) : watch.review(news.userId)),
    close: async () => {
      // Without the farewell of Socket.IO, after which clients do not come back by themselves.
      io.engine.close()
      setTimeout(() => {
        for (const line of lines) line.destroy()
      }, farewell).unref()
      await watch.stop()
    },
  }
}
