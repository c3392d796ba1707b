import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { guardConnections } from './guard-connections.ts'

let server: Server
const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.close()
})

async function start(limits: Parameters<typeof guardConnections>[1], answer: RequestListener): Promise<void> {
  server = createServer(answer)
  guardConnections(server, limits)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}

const ok: RequestListener = (request, response) => void request.resume().once('end', () => response.end('well'))

/** Opens a connection that sends the text and, unless told otherwise, reads. */
async function open(text: string, isReading = true): Promise<{ socket: Socket; received(): string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  let received = ''
  if (isReading) socket.on('data', (part) => (received += String(part)))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write(text)
  return { socket, received: () => received }
}

/** Waits until so many of the first ones have ended, and the others have not. */
async function expectEnded(opened: readonly { socket: Socket }[], count: number): Promise<void> {
  const isOver = ({ socket }: { socket: Socket }): boolean => socket.closed
  await expect.poll(() => opened.filter(isOver).length, { timeout: 10_000 }).toBe(count)
  expect(opened.slice(0, count).every(isOver)).toBe(true)
}

const whole = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test.each([
  ['headers', 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['a body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345'],
  ['chunks', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n'],
])('of too many connections that do not end %s the oldest end, and others are served', async (_, text) => {
  await start({ unfinished: 3, newFor: 100 }, ok)
  const slow = []
  for (let number = 0; number < 5; number += 1) slow.push(await open(text))
  const good = await open(whole)
  await expect.poll(good.received).toContain('well')
  await expectEnded(slow, 2)
  const posted = await open('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n12')
  await expect.poll(posted.received).toContain('well')
})

test('of many connections that come at once none ends that soon sends its request', async () => {
  await start({ unfinished: 3, newFor: 1_500 }, ok)
  const opened = await Promise.all(Array.from({ length: 60 }, () => open('GET / HTTP/1.1\r\n')))
  for (const { socket } of opened) socket.write('Host: a\r\n\r\n')
  for (const { received } of opened) await expect.poll(received).toContain('well')
})

test('a connection that has sent its request wholly is none of those, however long the answer takes', async () => {
  const held: (() => void)[] = []
  await start({ unfinished: 1, newFor: 100 }, (_, response) => void held.push(() => response.end('well')))
  const waiting = []
  for (let count = 1; count <= 2; count += 1) {
    waiting.push(await open(whole))
    await expect.poll(() => held.length).toBe(count)
  }
  const slow = [await open('GET /'), await open('GET /')]
  await expectEnded(slow, 1)
  for (const answer of held) answer()
  for (const { received } of waiting) await expect.poll(received).toContain('well')
})

test('of too many idle connections those end that have been idle the longest', async () => {
  await start({ idle: 2 }, ok)
  const kept = []
  for (let number = 0; number < 4; number += 1) {
    const opened = await open(whole)
    await expect.poll(opened.received).toContain('well')
    kept.push(opened)
  }
  await expectEnded(kept, 2)
  for (const { socket, received } of kept.slice(2)) {
    socket.write(whole)
    await expect.poll(() => received().split('well').length).toBe(3)
  }
})

test('a connection that waits for the second of two replies is not idle', async () => {
  let answerLast = (): void => {}
  await start({ idle: 1 }, (request, response) => {
    if (request.url === '/last') answerLast = () => response.end('at last')
    else response.end('well')
  })
  const two = await open(whole + whole.replace('/', '/last'))
  await expect.poll(two.received).toContain('well')
  const idle = []
  for (let number = 0; number < 2; number += 1) {
    const opened = await open(whole)
    await expect.poll(opened.received).toContain('well')
    idle.push(opened)
  }
  await expectEnded(idle, 1)
  answerLast()
  await expect.poll(two.received).toContain('at last')
})

test('whoever still sends after its reply takes no place of those who are idle', async () => {
  await start({ idle: 1 }, (_, response) => void response.end('well'))
  const good = await open(whole)
  await expect.poll(good.received).toContain('well')
  for (let number = 0; number < 3; number += 1) {
    const endless = await open('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
    await expect.poll(endless.received).toContain('well')
  }
  good.socket.write(whole)
  await expect.poll(() => good.received().split('well').length).toBe(3)
})

test('of replies that nobody takes no more than a certain size is kept', async () => {
  const reply = Buffer.alloc(20_000_000)
  await start({ untaken: 45_000_000 }, (_, response) => void response.end(reply))
  const readers = []
  for (let number = 0; number < 6; number += 1) readers.push(await open(whole, false))
  // Whoever does not read does not see the end of its connection either.
  const countOpen = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  await expect.poll(countOpen, { timeout: 10_000 }).toBe(2)
})

test('who takes nothing of a reply for too long is cut off, and who takes it slowly is not', async () => {
  const reply = Buffer.alloc(12_000_000)
  await start({ patience: 400 }, (_, response) => void response.end(reply))
  const stuck = await open(whole, false)
  const slow = await open(whole, false)
  let taken = 0
  slow.socket.on('data', (part) => {
    taken += part.length
    slow.socket.pause()
    setTimeout(() => slow.socket.resume(), 5)
  })
  await expect.poll(() => taken, { timeout: 50_000 }).toBeGreaterThan(reply.length)
  stuck.socket.resume()
  await expectEnded([stuck], 1)
  expect(stuck.socket.bytesRead).toBeLessThan(reply.length)
})

test('a body that goes on after its reply ends with the connection, and one that soon ends does not', async () => {
  await start({ afterReply: 300 }, (_, response) => void response.end('well'))
  const begin = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'
  const [endless, short] = [await open(begin), await open(begin)]
  const drip = setInterval(() => endless.socket.write('1\r\na\r\n'), 20)
  for (const { received } of [endless, short]) await expect.poll(received).toContain('well')
  short.socket.write('0\r\n\r\n')
  await expectEnded([endless], 1)
  clearInterval(drip)
  short.socket.write(whole)
  await expect.poll(() => short.received().split('well').length).toBe(3)
})

test.each([
  ['of a length that was told', `Content-Length: ${2 ** 30}\r\n\r\n`],
  ['in chunks without end', 'Transfer-Encoding: chunked\r\n\r\n'],
])('of a flood %s little is read after the reply, which still arrives', async (_, rest) => {
  await start({ afterReply: 500, restOfBody: 100_000 }, (_, response) => void response.end('well'))
  let served: Socket | undefined
  server.once('connection', (socket) => (served = socket))
  const { socket, received } = await open(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`)
  const piece = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`)
  const flood = (): void => {
    while (socket.writable && socket.write(piece));
    socket.once('drain', flood)
  }
  flood()
  await expect.poll(received).toContain('well')
  await expectEnded([{ socket }], 1)
  expect(served?.bytesRead).toBeLessThan(2_000_000)
})

test('connections whose bodies are read in vain go on, however many there are', async () => {
  await start({ restOfBodies: 300_000, afterReply: 3_000 }, (_, response) => void response.end('well'))
  const opened = []
  for (let number = 0; number < 20; number += 1) {
    opened.push(await open('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345'))
  }
  for (const { received } of opened) await expect.poll(received).toContain('well')
  for (const { socket } of opened) socket.write('67890')
  await pause(1_700)
  for (const { socket } of opened) socket.write(whole)
  for (const { received } of opened) await expect.poll(() => received().split('well').length).toBe(3)
})

test('of what is still sent on many connections after their replies little is read in all', async () => {
  await start({ afterReply: 700, restOfBodies: 200_000 }, (_, response) => void response.end('well'))
  const served: Socket[] = []
  server.on('connection', (socket) => served.push(socket))
  const opened = []
  for (let number = 0; number < 20; number += 1) {
    opened.push(await open(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n${' '.repeat(400_000)}`))
  }
  for (const { received } of opened) await expect.poll(received).toContain('well')
  await expectEnded(opened, 20)
  expect(served.reduce((sum, { bytesRead }) => sum + bytesRead, 0)).toBeLessThan(6_000_000)
})
