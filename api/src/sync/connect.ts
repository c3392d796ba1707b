import type { ServerEvents, SocketAuth } from '../events.ts'

export interface ConnectOptions {
  readonly baseUrl: string | undefined
  readonly auth: SocketAuth
  readonly on: ServerEvents
  /** Once, when the connection has ended or could not be made. */
  onEnd(): void
}

/** Opens a connection for the server's events; answers how to end it. A failure to connect ends it, too. */
export async function connect({ baseUrl, auth, on, onEnd }: ConnectOptions): Promise<() => void> {
  // Only here: whoever uses the contract alone, like the server, does not load it.
  const { io } = await import('socket.io-client')
  const options = {
    transports: ['websocket'],
    auth: { ...auth },
    withCredentials: true,
    forceNew: true,
    reconnection: false,
    timeout: 10_000,
  }
  const socket = baseUrl === undefined ? io(options) : io(baseUrl, options)
  for (const [name, listener] of Object.entries(on)) socket.on(name, listener)
  let hasEnded = false
  const end = (): void => {
    if (hasEnded) return
    hasEnded = true
    socket.disconnect()
    onEnd()
  }
  socket.on('connect_error', end)
  socket.on('disconnect', end)
  return end
}
