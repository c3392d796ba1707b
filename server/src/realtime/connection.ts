import type { ServerEvents } from '@taskwell/api'
import type { DefaultEventsMap, Socket } from 'socket.io'
import type { Credential } from '../auth/index.ts'

export type Connection = Socket<DefaultEventsMap, ServerEvents, DefaultEventsMap, Delivery>

/** Whom a connection belongs to, and what its client has been told. */
export interface Delivery {
  readonly userId: string
  readonly spaceId: string
  /** The connection ends when this does. */
  readonly credential: Credential
  /** When the credential's time runs out, unless it is prolonged; null when it has no end. */
  expiresAt: Date | null
  /** The user as the client knows it, as JSON; undefined while the connection is being prepared. */
  user: string | undefined
  /** The revision that the client has been brought to; undefined while it is being prepared. */
  revision: number | undefined
  /** Since when the client has been seen not to take what it was sent, in milliseconds since 1970. */
  stuckSince: number | undefined
}

/** Whether the client has taken all that it was sent. Only then it gets more, so nothing piles up for it here. */
export function isReading({ conn }: Connection): boolean {
  return conn.transport.writable
}

/** How long a client has for taking the farewell, in milliseconds. */
const farewell = 500

export function endSession(socket: Connection): void {
  socket.emit('session:ended', { reason: 'ended' })
  socket.disconnect(true)
  setTimeout(() => drop(socket), farewell).unref()
}

/** Ends a connection at once: closing it in order would wait for a client that does not read. */
export function drop({ request }: Connection): void {
  request.socket.destroy()
}
