import { withinTime } from '../within-time.ts'

/** One connection to Redis. It is never mended: once it is broken, another one takes its place. */
export interface RedisConnection {
  /** Runs a script (Lua) on one key. @throws when it fails, or takes longer than `patience` milliseconds */
  run(script: string, key: string, args: readonly string[], patience: number): Promise<unknown>
  /** @throws when it takes longer than `patience` milliseconds */
  publish(channel: string, message: string, patience: number): Promise<void>
  subscribe(channel: string, hear: (message: string) => void): Promise<void>
  /** Settles when the connection is over, whoever ended it. */
  readonly ended: Promise<void>
  close(): void
}

/** In milliseconds. */
const patienceForSignIn = 2_000
/** So many commands may wait for their reply: a server that hangs must not fill our memory. */
const mostWaiting = 1_000

/** @throws when the server cannot be reached, does not answer, or refuses the sign-in */
export async function connectRedis(url: string): Promise<RedisConnection> {
  // Of its 478 files a server without Redis loads none.
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: mostWaiting,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: false, connectTimeout: patienceForSignIn },
  })
  const ended = new Promise<void>((resolve) => {
    client.on('error', () => resolve())
    client.on('end', () => resolve())
  })
  try {
    await withinTime(client.connect(), patienceForSignIn, 'Redis does not answer')
  } catch (error) {
    client.destroy()
    throw error
  }
  return {
    ended,
    run: (script, key, args, patience) =>
      withinTime(client.eval(script, { keys: [key], arguments: [...args] }), patience, 'Redis does not answer'),
    publish: async (channel, message, patience) => {
      await withinTime(client.publish(channel, message), patience, 'Redis does not answer')
    },
    subscribe: (channel, hear) =>
      withinTime(client.subscribe(channel, hear), patienceForSignIn, 'Redis does not answer'),
    close: () => client.destroy(),
  }
}
