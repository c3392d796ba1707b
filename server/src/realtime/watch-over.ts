import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Credential, Standing } from '../auth/index.ts'
import { startBackgroundJob } from '../background.ts'
import type { Log } from '../context.ts'
import type { Audiences } from './audiences.ts'
import { type Connection, drop, endSession, isReading } from './connection.ts'

export interface WatchOptions {
  readonly audiences: Audiences
  readonly log: Log
  now(): Date
  /** How it stands with those of the credentials that have not ended. */
  findStandings(credentials: readonly Credential[]): Promise<Standing[]>
  /** A number that other processes' writes move; undefined where there is none, and then looking is the only way. */
  findForeignWrites(): Promise<number | undefined>
  notify(spaceId: string, revision: number): void
}

export interface Watch {
  /** Answers whether the connection may go on. */
  admit(socket: Connection): Promise<boolean>
  /** Looks at the user's connections at once. */
  review(userId: string): void
  stop(): Promise<void>
}

/** In milliseconds. */
const every = 500
const patience = 15_000
/** How many connections are looked at in one go. */
const chunk = 500

/**
 * Ends connections whose credential has ended and those that do not read, and tells the others what has become of their
 * user. Hears of what other processes have written, too.
 */
export function watchOver(options: WatchOptions): Watch {
  const { audiences, log, notify } = options
  const due = new Set<Connection>()
  let seen: number | undefined
  let last: Promise<void> = Promise.resolve()

  const job = startBackgroundJob({
    name: 'watch over connections',
    every,
    log,
    run: async () => {
      await markDue()
      await lookAtDue()
      return false
    },
  })

  async function markDue(): Promise<void> {
    const connections = audiences.all()
    if (connections.length === 0) return
    const writes = await options.findForeignWrites()
    const isAnyoneDue = writes === undefined || writes !== seen
    seen = writes
    const now = options.now()
    for (const socket of connections) {
      if (isLost(socket)) drop(socket)
      else if (isAnyoneDue || hasExpired(socket, now)) due.add(socket)
    }
  }

  async function lookAtDue(): Promise<void> {
    const waiting = [...due]
    due.clear()
    try {
      while (waiting.length > 0) {
        await look(waiting.slice(0, chunk))
        waiting.splice(0, chunk)
        await nextTurn()
      }
    } finally {
      for (const socket of waiting) due.add(socket)
    }
  }

  /** One look after the other, so that an older one never overwrites what a newer one has told. */
  function look(sockets: readonly Connection[]): Promise<void> {
    const done = last.then(async () => {
      const found = await options.findStandings(sockets.map(({ data }) => data.credential))
      const standings = new Map(found.map((standing) => [keyOf(standing.credential), standing]))
      for (const socket of sockets) treat(socket, standings.get(keyOf(socket.data.credential)))
    })
    last = done.catch(() => {})
    return done
  }

  function treat(socket: Connection, standing: Standing | undefined): void {
    if (socket.disconnected) return
    if (!standing) return endSession(socket)
    socket.data.expiresAt = standing.expiresAt
    tellUser(socket, standing)
    notify(socket.data.spaceId, standing.revision)
  }

  function tellUser(socket: Connection, { user }: Standing): void {
    const known = socket.data.user
    const present = JSON.stringify(user)
    if (known === present) return
    if (known !== undefined && !isReading(socket)) return void due.add(socket)
    socket.data.user = present
    if (known !== undefined) socket.emit('account:changed', { user })
  }

  return {
    admit: async (socket) => {
      await look([socket])
      return socket.connected
    },
    review: (userId) => {
      for (const socket of audiences.all()) if (socket.data.userId === userId) due.add(socket)
      if (due.size > 0) job.wake()
    },
    stop: () => job.stop(),
  }
}

/** Whether the client has not read for too long. */
function isLost(socket: Connection): boolean {
  if (isReading(socket)) return false
  const now = Date.now()
  socket.data.stuckSince ??= now
  return now - socket.data.stuckSince > patience
}

function hasExpired({ data: { expiresAt } }: Connection, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now
}

function keyOf({ kind, id }: Credential): string {
  return `${kind} ${id}`
}
