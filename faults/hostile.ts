import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause } from './load.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom } from './random.ts'
import { findFreePort, type Server, startServer } from './server.ts'
import { createWorld, type Person } from './world.ts'

export const hostile: Part = {
  name: 'hostile',
  promise:
    '2,000 connections that are slow, endless or malformed at once cost good clients little, and no memory that stays',
  run,
}

/** In milliseconds: below this nobody would notice, and chance on a busy machine decides. */
const unnoticed = 100
const mostGrowth = 50

async function run({ seed, isShort, rounds }: Settings): Promise<string> {
  const connections = rounds ?? (isShort ? 400 : 2_000)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-hostile-'))
  const port = await findFreePort()
  const server = await startServer({ port, environment: { DATA_DIR: folder, LOG_LEVEL: 'silent' } })
  const world = await createWorld(server.url, createRandom(seed), { people: 1, copies: 0 })
  const [good] = world.people
  const sockets: Socket[] = []
  try {
    if (!good) throw new Error('Nobody is there')
    await measure(good, 200)
    const normal = await measure(good, 200)
    const before = residentMegabytes(server)
    for (let number = 0; number < connections; number += 1) {
      sockets.push(attack(port, good.token, number))
      if (number % 50 === 49) await pause(20)
    }
    const attacked = await measure(good, 200)
    const open = sockets.filter((socket) => !socket.destroyed).length
    const growth = residentMegabytes(server) - before
    for (const socket of sockets) socket.destroy()
    await measure(good, 50)
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
    const told = `${connections} connections, ${open} of them open after the measuring; 99 of 100 requests of a good client within ${normal.toFixed(0)} ms before, ${attacked.toFixed(0)} ms during; memory grew by ${growth.toFixed(0)} MB`
    demand(attacked <= Math.max(2 * normal, unnoticed), told)
    demand(growth < mostGrowth, told)
    return told
  } finally {
    for (const socket of sockets) socket.destroy()
    await world.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The 99th of 100, in milliseconds. */
async function measure({ client }: Person, count: number): Promise<number> {
  const times: number[] = []
  for (let number = 0; number < count; number += 1) {
    const begun = performance.now()
    await client.createTask({ body: { title: `Task ${number}` } })
    times.push(performance.now() - begun)
  }
  return times.toSorted((one, other) => one - other)[Math.floor(count * 0.99) - 1] ?? Number.NaN
}

/** One bad client, of a kind that its number decides. */
function attack(port: number, token: string, number: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const kinds = [slowHeaders, slowBody, slowReader, deepJson, endlessChunks, manyHeaders, brokenFrames]
  socket.once('connect', () => kinds[number % kinds.length]?.(socket, token))
  return socket
}

type Attack = (socket: Socket, token: string) => void

function drip(socket: Socket, text: string, every = 500): void {
  const timer = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(timer)), every)
  socket.once('close', () => clearInterval(timer))
}

const post = (token: string, rest: string): string =>
  `POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${rest}`

const slowHeaders: Attack = (socket) => {
  socket.write('GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n')
  drip(socket, 'X-Slow: a\r\n')
}
const slowBody: Attack = (socket, token) => {
  socket.write(post(token, 'Content-Length: 200000\r\n\r\n{"title":"'))
  drip(socket, 'a')
}
/** Asks for much, again and again, and reads nothing of it. */
const slowReader: Attack = (socket, token) => {
  socket.pause()
  const request = `GET /api/tasks?limit=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`
  socket.write(request.repeat(20))
}
const deepJson: Attack = (socket, token) => {
  const body = '['.repeat(100_000)
  socket.write(post(token, `Content-Length: ${body.length}\r\n\r\n${body}`))
}
/** A gigabyte and more, if it were let. */
const endlessChunks: Attack = (socket, token) => {
  socket.write(post(token, 'Transfer-Encoding: chunked\r\n\r\n'))
  drip(socket, `4000\r\n${'a'.repeat(0x4000)}\r\n`, 500)
}
const manyHeaders: Attack = (socket) => {
  const headers = Array.from({ length: 2_000 }, (_, index) => `X-Header-${index}: a\r\n`).join('')
  socket.write(`GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
}
/** A WebSocket that speaks neither WebSocket nor Socket.IO. */
const brokenFrames: Attack = (socket) => {
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const frames = [
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0x81, 0x84, 0, 0, 0, 0, 57, 57, 57, 123]),
  ]
  for (const frame of frames) setTimeout(() => void (socket.writable && socket.write(frame)), 300).unref()
}

function residentMegabytes({ child }: Server): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
