import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A way to the server that can be cut: real connections, which really end. */
export interface FlakyLink {
  readonly baseUrl: string
  cut(): void
  mend(): void
  /** This many pushed changes never arrive, though those after them do. */
  lose: number
  close(): Promise<void>
}

export async function createFlakyLink(port: number): Promise<FlakyLink> {
  const open = new Set<Socket>()
  let isCut = false
  const proxy = createServer((client) => {
    if (isCut) return void client.destroy()
    const server = connect(port, '127.0.0.1')
    const losing = new Transform({
      transform: (chunk: Buffer, _, done) => {
        const isLost = link.lose > 0 && isPushedChange(chunk)
        if (isLost) link.lose -= 1
        done(null, isLost ? undefined : chunk)
      },
    })
    client.pipe(server)
    server.pipe(losing).pipe(client)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (typeof address !== 'object' || address === null) throw new Error('The link has no port')
  const endAll = (): void => {
    for (const socket of open) socket.destroy()
  }
  const link: FlakyLink = {
    baseUrl: `http://127.0.0.1:${address.port}`,
    lose: 0,
    cut: () => {
      isCut = true
      endAll()
    },
    mend: () => void (isCut = false),
    close: async () => {
      endAll()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
  return link
}

/** Whether it is one whole WebSocket frame with the event `changes`. */
function isPushedChange(chunk: Buffer): boolean {
  if (chunk.length < 4 || chunk[0] !== 0x81) return false
  const short = chunk[1] ?? 0
  const [start, length] = short < 126 ? [2, short] : short === 126 ? [4, chunk.readUInt16BE(2)] : [10, -1]
  return chunk.length === start + length && chunk.toString('utf8', start, start + 12) === '42["changes"'
}

/** A fetch whose next writes lose their replies, or are sent twice at once. */
export interface FlakyFetch {
  readonly fetch: typeof fetch
  /** Of this many writes the server does what they ask, and the reply is lost. */
  drop: number
  /** This many writes arrive twice. */
  duplicate: number
}

export function createFlakyFetch(): FlakyFetch {
  const flaky: FlakyFetch = {
    drop: 0,
    duplicate: 0,
    fetch: async (input, init) => {
      if (init?.method === 'GET') return fetch(input, init)
      if (flaky.duplicate > 0) {
        flaky.duplicate -= 1
        const [first, second] = await Promise.all([fetch(input, init), fetch(input, init)])
        await second.arrayBuffer()
        return first
      }
      const reply = await fetch(input, init)
      if (flaky.drop === 0) return reply
      flaky.drop -= 1
      await reply.arrayBuffer()
      throw new TypeError('fetch failed')
    },
  }
  return flaky
}
