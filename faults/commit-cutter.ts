import { connect, createServer, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** A proxy before PostgreSQL that cuts connections at the worst moment. */
export interface CommitCutter {
  readonly port: number
  start(): void
  stop(): void
  /** How many connections it has cut. */
  count(): number
  close(): Promise<void>
}

/** The message `Query` with the text `commit`. */
const commit = Buffer.from('commit\0')

/** Cuts one COMMIT in five: half of those before PostgreSQL gets it, half after, with its answer swallowed. */
export async function createCommitCutter(postgresPort: number, random: Random): Promise<CommitCutter> {
  let isCutting = false
  let cut = 0
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(postgresPort, '127.0.0.1')
    let swallows = false
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (bytes) => {
      const isLost = isCutting && bytes.includes(commit) && random.isLucky(0.2)
      if (isLost) cut += 1
      if (isLost && random.isLucky(0.5)) return end()
      swallows = isLost
      server.write(bytes)
    })
    server.on('data', (bytes) => {
      if (swallows) return end()
      client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    start: () => void (isCutting = true),
    stop: () => void (isCutting = false),
    count: () => cut,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
