import type { Socket } from 'node:net'

/** What an attacker does with one connection, once it is open. `token` is that of an account of its own. */
type Attack = (socket: Socket, token: string) => void

/** Writes the text again and again; `every` is in milliseconds. */
function drip(socket: Socket, text: string, every: number): void {
  const timer = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(timer)), every)
  socket.once('close', () => clearInterval(timer))
}

const get = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`

const post = (token: string, rest: string): string =>
  `POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${rest}`

/** Writes as fast as the server takes it. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    if (socket.writable && socket.write(bytes)) setImmediate(more)
    else socket.once('drain', more)
  }
  more()
}

const upgrade =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** A text frame as clients send it: masked, with a mask that changes nothing. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(text)])
}

const brokenFrames: readonly Buffer[] = [
  // Reserved bits, no mask, a length that never comes, a control frame that is too long.
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x81, 0x04, 0x61, 0x61, 0x61, 0x61]),
  Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  Buffer.from([0x89, 0xfe, 0x10, 0, 0, 0, 0, 0]),
  Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
]

const brokenPackets = [
  '9999{',
  '4',
  '40{"token":',
  '42["changes",{}]',
  '451-["x",{"_placeholder":true,"num":99}]',
  '459999999999-[]',
  `40${'['.repeat(20_000)}`,
  '3'.repeat(1_000),
  '40/nowhere,{}',
]

export const attacks: Readonly<Record<string, Attack>> = {
  'slow headers': (socket) => {
    socket.write('GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n')
    drip(socket, 'X-Slow: a\r\n', 1_000)
  },
  'slow bodies': (socket, token) => {
    socket.write(post(token, 'Content-Length: 200000\r\n\r\n{"title":"'))
    drip(socket, 'a'.repeat(100), 1_000)
  },
  /** Ask for much and read nothing of it. */
  'slow readers': (socket, token) => {
    socket.pause()
    socket.write(get('/api/tasks?limit=200', token).repeat(3))
  },
  'deep JSON': (socket, token) => {
    const body = '['.repeat(100_000)
    socket.write(post(token, `Content-Length: ${body.length}\r\n\r\n${body}`))
  },
  'bodies of a gigabyte': (socket, token) => {
    socket.write(post(token, `Content-Length: ${2 ** 30}\r\n\r\n`))
    flood(socket, Buffer.alloc(64 * 1024, ' '))
  },
  'endless chunks': (socket, token) => {
    socket.write(post(token, 'Transfer-Encoding: chunked\r\n\r\n'))
    flood(socket, Buffer.from(`4000\r\n${' '.repeat(0x4000)}\r\n`))
  },
  /** One byte each, with an extension: what costs most for what it brings. */
  'tiny chunks': (socket, token) => {
    socket.write(post(token, 'Transfer-Encoding: chunked\r\n\r\n'))
    drip(socket, '1;a=b\r\n \r\n'.repeat(100), 100)
  },
  'many headers': (socket) => {
    const headers = Array.from({ length: 2_000 }, (_, index) => `X-Header-${index}: a\r\n`).join('')
    socket.write(`GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
  },
  'many requests at once': (socket) => {
    socket.write('GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200))
  },
  'broken WebSocket frames': (socket) => {
    socket.write(upgrade)
    brokenFrames.forEach((frame, index) => setTimeout(() => void (socket.writable && socket.write(frame)), 50 * index))
  },
  'broken Socket.IO packets': (socket) => {
    socket.write(upgrade)
    brokenPackets.forEach((packet, index) =>
      setTimeout(() => void (socket.writable && socket.write(textFrame(packet))), 50 * index),
    )
  },
}

/** In milliseconds, between two new connections, where it is not the usual: what each asks for is much already. */
export const paces: Readonly<Record<string, number>> = { 'tiny chunks': 5, 'many requests at once': 20 }
