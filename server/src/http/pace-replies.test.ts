import { once } from 'node:events'
import { get, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { paceReplies } from './pace-replies.ts'

const long = 'Größe 会議 \u{1f600} '.repeat(20_000)
const bytes = Buffer.from(long)

let app: FastifyInstance
let url: string

beforeEach(async () => {
  app = fastify()
  paceReplies(app)
  app.get('/text', async (_, reply) => reply.type('text/plain; charset=utf-8').send(long))
  app.get('/bytes', async (_, reply) => reply.type('text/plain; charset=utf-8').send(bytes))
  await app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
})
afterEach(() => app.close())

test.each(['/text', '/bytes'])('a long reply comes whole and tells its length: %s', async (path) => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => fetch(url + path)))
  for (const reply of replies) {
    expect(reply.headers.get('content-length')).toBe(String(bytes.length))
    expect((await reply.text()) === long).toBe(true)
  }
})

test.each(['/text', '/bytes'])('HEAD tells the length without the reply: %s', async (path) => {
  const reply = await fetch(url + path, { method: 'HEAD' })
  expect(reply.headers.get('content-length')).toBe(String(bytes.length))
  expect(await reply.text()).toBe('')
})

test('whoever leaves in the middle harms nobody', async () => {
  for (let count = 0; count < 20; count += 1) {
    const leaving = request(`${url}/bytes`).end()
    const [reply] = await once(leaving, 'response')
    await once(reply, 'data')
    leaving.destroy()
  }
  expect((await (await fetch(`${url}/text`)).text()) === long).toBe(true)
})

test('the loop goes on when the system takes long for what a client asked for', async () => {
  const written: number[] = []
  app.server.on('connection', (socket) => slowDown(socket, written))
  let isDone = false
  const received = once(get(`${url}/bytes`), 'response')
    .then(([reply]) => text(reply))
    .finally(() => (isDone = true))
  let longest = 0
  for (let last = performance.now(); !isDone; last = performance.now()) {
    await setImmediate()
    longest = Math.max(longest, performance.now() - last)
  }
  expect((await received) === long).toBe(true)
  // All of it takes nearly half a second.
  expect(longest).toBeLessThan(150)
  expect(Math.max(...written)).toBeLessThan(16 * 1024)
})

/** Lets each kilobyte that is written take a millisecond, and notes how much is written at once. */
function slowDown(socket: Socket, written: number[]): void {
  const { _write, _writev } = socket
  const work = (bytes: number): void => {
    written.push(bytes)
    for (const end = performance.now() + bytes / 1024; performance.now() < end;);
  }
  socket._write = (chunk: Buffer, ...more) => {
    work(chunk.length)
    _write.call(socket, chunk, ...more)
  }
  socket._writev = (chunks, done) => {
    work(chunks.reduce((sum, { chunk }: { chunk: Buffer }) => sum + chunk.length, 0))
    _writev?.call(socket, chunks, done)
  }
}
