import { connect, createServer, type Socket } from 'node:net'
import type { Server } from './run-program.ts'

/** Passes each connection to the first of the servers that takes it, as a load balancer does. */
export async function createProxy(servers: readonly Server[]): Promise<{ url: string; close(): Promise<void> }> {
  const open = new Set<Socket>()
  const proxy = createServer((client) => {
    open.add(client)
    client.on('error', () => {}).once('close', () => open.delete(client))
    pass(client, servers)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('No port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => proxy.close(() => resolve()))
    },
  }
}

function pass(client: Socket, [server, ...others]: readonly Server[]): void {
  if (!server) return void client.destroy()
  const upstream = connect(Number(new URL(server.url).port), '127.0.0.1')
  const tryNext = (): void => pass(client, others)
  upstream.once('error', tryNext)
  upstream.once('connect', () => {
    upstream.off('error', tryNext).on('error', () => client.destroy())
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
    client.pipe(upstream).pipe(client)
  })
}
