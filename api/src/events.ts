import type { User } from './account.ts'
import type { Change } from './changes.ts'

/** What the server sends over Socket.IO, by event. */
export interface ServerEvents {
  /** After connecting: where the user's space stands. */
  ready(event: { revision: number; epoch: string }): void
  /** What has changed since `from`, which is the `to` of the event before. At most 100 tasks. */
  changes(event: { from: number; to: number; changes: Change[] }): void
  /** Too much was missed: read `/api/changes` instead. */
  resync(event: { revision: number; epoch: string }): void
  'account:changed'(event: { user: User }): void
  /** The session or token ended; the connection ends with it. */
  'session:ended'(event: { reason: string }): void
}

/** What a client sends with the handshake, as `auth`. */
export interface SocketAuth {
  /** The value of `set-auth-token`, or an API token; it decides alone, from any origin. Without it the cookie counts. */
  readonly token?: string
  /** The revision and epoch of the copy that the client holds. What can be neither is refused with `validation_failed`. */
  readonly since?: number
  readonly epoch?: string
}
