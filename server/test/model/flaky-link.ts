import { createServer, connect, type Socket } from 'node:net'

/** A way to the server that can be cut: real connections, which really end. */
export interface FlakyLink {
  readonly baseUrl: string
  cut(): void
  mend(): void
  close(): Promise<void>
}

export async function createFlakyLink(port: number): Promise<FlakyLink> {
  const open = new Set<Socket>()
  let isCut = false
  const proxy = createServer((client) => {
    if (isCut) return void client.destroy()
    const server = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(one)
      one.pipe(other)
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
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
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
