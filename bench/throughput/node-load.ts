import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** Runs one load, told as JSON in the first argument, in a process of its own, and prints what it measured. */
interface Job {
  readonly url: string
  readonly method: string
  readonly authorization: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second; each connection sends the next one at once without it. */
  readonly rate?: number
}

const job: Job = JSON.parse(process.argv[2] ?? '{}')
const ended = new Error('The connection ended')
const times: number[] = []
let failures = 0
/** At a fixed rate the slowest replies would else be those for which this program itself was not ready. */
const warmUp = job.rate === undefined ? 0 : 2000
const begun = performance.now() + warmUp
const end = begun + job.seconds * 1000
const connections = await Promise.all(Array.from({ length: job.connections }, open))
await (job.rate === undefined ? sendInTurn() : sendAtRate(job.rate))
const seconds = (performance.now() - begun) / 1000
for (const connection of connections) connection.close()
times.sort((a, b) => a - b)
console.log(
  JSON.stringify({ perSecond: times.length / seconds, p50: percentile(0.5), p99: percentile(0.99), failures }),
)

async function sendInTurn(): Promise<void> {
  const turns = connections.map(async (connection) => {
    while (!connection.hasEnded() && performance.now() < end) await send(connection, performance.now())
  })
  await Promise.all(turns)
}

/** A request's time counts from when it was due, so that waiting for the server to get to it is in it. */
async function sendAtRate(rate: number): Promise<void> {
  const free = [...connections]
  const waiting: number[] = []
  let underWay = 0
  const begin = async (connection: Connection, due: number): Promise<void> => {
    underWay += 1
    await send(connection, due)
    underWay -= 1
    const next = waiting.shift()
    if (next === undefined) free.push(connection)
    else void begin(connection, next)
  }
  for (let due = begun - warmUp; due < end; due += 1000 / rate) {
    const ahead = due - performance.now()
    if (ahead > 0) await setTimeout(ahead)
    // In turn: a server ends those that rest for long.
    const connection = free.shift()
    if (connection) void begin(connection, due)
    else waiting.push(due)
  }
  while (underWay > 0) await setTimeout(1)
}

async function send(connection: Connection, due: number): Promise<void> {
  const status = await connection.send().catch(() => undefined)
  if (due < begun) return
  if (status === undefined || ((status < 200 || status > 299) && status !== 304)) failures += 1
  if (status !== undefined) times.push(performance.now() - due)
}

interface Connection {
  /** Sends one request; answers its status once all of the reply is there. */
  send(): Promise<number>
  hasEnded(): boolean
  close(): void
}

/**
 * A bare connection: Node's own client takes longer for a reply than many a server, and its garbage collections would be
 * measured, too. Replies must tell their length.
 */
function open(): Promise<Connection> {
  const { hostname, port, host, pathname, search } = new URL(job.url)
  const { method, authorization, headers, body } = job
  const always = Object.entries({ host, authorization, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${pathname}${search} HTTP/1.1\r\n${always.join('')}`
  const socket = connect(Number(port), hostname)
  let waits = Promise.withResolvers<number>()
  waits.promise.catch(() => {})
  let status: number | undefined
  let left = 0
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    let length = bytes.length
    if (status === undefined) {
      received = received.length > 0 ? Buffer.concat([received, bytes]) : bytes
      const endOfHead = received.indexOf('\r\n\r\n')
      if (endOfHead === -1) return
      const text = received.toString('latin1', 0, endOfHead)
      length = received.length
      received = Buffer.alloc(0)
      status = Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
      left = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
      length -= text.length + 4
    }
    left -= length
    if (left > 0) return
    waits.resolve(status)
    status = undefined
  })
  socket.on('error', (error) => waits.reject(error)).on('close', () => waits.reject(ended))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      resolve({
        send: () => {
          waits = Promise.withResolvers<number>()
          if (socket.destroyed) waits.reject(ended)
          const content = body === undefined ? '\r\n' : contentOf(body)
          socket.write(head + content)
          return waits.promise
        },
        hasEnded: () => socket.destroyed,
        close: () => void socket.destroy(),
      })
    })
  })
}

function contentOf(body: string): string {
  const length = Buffer.byteLength(body)
  return `content-type: application/json\r\nidempotency-key: ${randomUUID()}\r\ncontent-length: ${length}\r\n\r\n${body}`
}

function percentile(part: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN
}
