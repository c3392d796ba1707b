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

/** Where the client's copy stands. */
export function readPlace(socket: Connection): { since?: number; epoch?: string } {
  const { since, epoch } = socket.handshake.auth
  return {
    ...(Number.isSafeInteger(since) && since >= 0 && { since: Number(since) }),
    ...(typeof epoch === 'string' && { epoch }),
  }
}

/** An error of the handshake: `connect_error` at the client, with the code in `data`. */
export function refused(code: ErrorCode): Error {
  return Object.assign(new Error(code), { data: { code } })
}
