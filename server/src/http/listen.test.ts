import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listen, stopServing } from './listen.ts'

test('a socket that comes before the program is ready is let in as soon as it is', async () => {
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 })
  const device = connect(port, '127.0.0.1')
  let received = ''
  device.on('data', (part) => (received += String(part)))
  device.write(
    'GET /socket.io/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwhat comes right after',
  )
  await pause(300)
  server.on('upgrade', (_, socket, head) => socket.end(`heard once: ${String(head)}`))
  serve(() => {})
  await expect.poll(() => received).toBe('heard once: what comes right after')
  device.destroy()
  await stopServing(server)
})
