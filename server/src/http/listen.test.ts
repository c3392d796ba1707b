import { once } from 'node:events'
import { Agent, get } from 'node:http'
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

test('a client that takes its time with its next request is answered by a server that stops, and told that it is the last', async () => {
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 })
  let isStopping = false
  serve((_, response) => void response.setHeader('connection', isStopping ? 'close' : 'keep-alive').end('answered'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (): Promise<string> => {
    const sent = get({ port, agent })
    const [response] = await once(sent, 'response')
    response.resume()
    await once(response, 'end')
    return `${sent.reusedSocket ? 'kept' : 'new'}, ${response.headers.connection}`
  }
  expect(await ask()).toBe('new, keep-alive')
  isStopping = true
  const stopped = stopServing(server)
  await pause(600)
  expect(await ask()).toBe('kept, close')
  const told = performance.now()
  await stopped
  expect(performance.now() - told).toBeLessThan(300)
})
