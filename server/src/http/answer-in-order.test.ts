import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { answerInOrder } from './answer-in-order.ts'

let server: Server
let socket: Socket
let received = ''

afterEach(() => {
  socket.destroy()
  server.close()
})

/** Sends the text to a server that answers so. */
async function send(
  text: string,
  handle: RequestListener,
  limits?: Parameters<typeof answerInOrder>[1],
): Promise<void> {
  server = createServer(answerInOrder(handle, limits))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  received = ''
  socket.on('data', (part) => (received += String(part))).on('error', () => {})
  socket.write(text)
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

test('requests that come at once are taken up one after the other, with their bodies', async () => {
  const events: string[] = []
  const body = 'x'.repeat(100_000)
  const post = `POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  await send(get('/1') + post + get('/3'), (request, response) => {
    events.push(`begin ${request.url}`)
    let length = 0
    request.on('data', (part: Buffer) => (length += part.length))
    request.once('end', () =>
      setTimeout(() => {
        events.push(`end ${request.url} ${length}`)
        response.end(`done ${request.url};`)
      }, 20),
    )
  })
  await expect.poll(() => received).toContain('done /3;')
  expect(events).toEqual(['begin /1', 'end /1 0', 'begin /body', 'end /body 100000', 'begin /3', 'end /3 0'])
  expect(received.match(/done [^;]+/g)).toEqual(['done /1', 'done /body', 'done /3'])
})

test('too many that wait end the connection, and those that wait are never taken up', async () => {
  const taken: string[] = []
  const held: (() => void)[] = []
  await send(
    Array.from({ length: 50 }, (_, index) => get(`/${index}`)).join(''),
    (request, response) => {
      taken.push(request.url ?? '')
      held.push(() => response.end())
    },
    { ofOne: 5 },
  )
  await expect.poll(() => socket.closed).toBe(true)
  for (const answer of held) answer()
  expect(taken).toEqual(['/0'])
})

test('what waits on a connection that has ended is not taken up', async () => {
  let taken = 0
  await send(get('/').repeat(5), (request, response) => {
    taken += 1
    // By then the next one is due.
    response.once('close', () => request.socket.destroy())
    response.end()
  })
  await expect.poll(() => socket.closed).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(taken).toBe(1)
})

test('a client that reads nothing costs one reply', async () => {
  let taken = 0
  await send(get('/').repeat(10), (_, response) => {
    taken += 1
    response.end(Buffer.alloc(30_000_000))
  })
  socket.pause()
  await expect.poll(() => taken).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(taken).toBe(1)
})

test('a client that asks for much at once leaves others their turn', async () => {
  const taken: string[] = []
  await send(
    get('/much').repeat(90),
    ({ url = '' }, response) => {
      taken.push(url)
      const end = performance.now() + 10
      while (url === '/much' && performance.now() < end);
      response.end()
    },
    { ofOne: 90 },
  )
  await expect.poll(() => taken.length).toBeGreaterThan(0)
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/little`)).text()
  expect(taken.indexOf('/little')).toBeLessThan(60)
  await expect.poll(() => taken.length, { timeout: 20_000 }).toBe(91)
})

test('where all together wait too much, connections end that have more than one request waiting', async () => {
  const held: (() => void)[] = []
  const many = Array.from({ length: 5 }, () => get('/many')).join('')
  await send(many, (_, response) => void held.push(() => response.end('done;')), { ofAll: 4 })
  const open = (text: string): Promise<Socket> =>
    new Promise((resolve) => {
      const opened = connect((server.address() as AddressInfo).port, '127.0.0.1', () => resolve(opened))
      opened.on('error', () => {}).resume()
      opened.write(text)
    })
  await expect.poll(() => held.length).toBe(1)
  const two = await open(get('/two').repeat(2))
  await expect.poll(() => held.length).toBe(2)
  const greedy = await open(many)
  await expect.poll(() => greedy.closed).toBe(true)
  expect([socket.closed, two.closed]).toEqual([false, false])
  // What ended waits no more, so there is room again.
  socket.destroy()
  await expect.poll(() => socket.closed).toBe(true)
  const late = await open(get('/late').repeat(3))
  await expect.poll(() => held.length).toBe(4)
  expect(late.closed).toBe(false)
  for (const opened of [two, late]) opened.destroy()
})
