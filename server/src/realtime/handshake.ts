import type { ErrorCode } from '@taskwell/api'
import type { Visit } from '../verb.ts'
import type { Connection } from './connection.ts'

/** What the handshake tells of who connects; a token in `auth` goes before all headers. */
export function visitOf(socket: Connection): Visit {
  const { headers, address } = socket.handshake
  const { token } = socket.handshake.auth
  const authorization = typeof token === 'string' ? `Bearer ${token}` : headers.authorization
  return { headers: { ...headers, ...(authorization !== undefined && { authorization }) }, ip: address }
}

/** Where the client's copy stands. @throws validation_failed for a place that can be none: ignored, it would lose changes. */
export function readPlace(socket: Connection): { since?: number; epoch?: string } {
  const { since, epoch } = socket.handshake.auth
  if (isGiven(since) && !(Number.isSafeInteger(since) && since >= 0)) throw refused('validation_failed')
  if (isGiven(epoch) && typeof epoch !== 'string') throw refused('validation_failed')
  return { ...(isGiven(since) && { since }), ...(isGiven(epoch) && { epoch }) }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** An error of the handshake: `connect_error` at the client, with the code in `data`. */
export function refused(code: ErrorCode): Error {
  return Object.assign(new Error(code), { data: { code } })
}
