import { connect } from 'node:net'
import { pauseAfter } from '../api/src/sync/backoff.ts'
import { textFrame } from './attacks.ts'
import { pause } from './load.ts'

/** What a process with many devices is asked to do: `node faults/storm-client.ts ORDER`, as JSON. */
export interface Order {
  readonly url: string
  readonly tokens: readonly string[]
}

/** What it has to tell, as JSON. */
export interface Told {
  /** In milliseconds for each device, from when the server took connections again. */
  readonly waits: readonly number[]
  readonly failures: number
}

/** As those of the official client. */
const pauses = { first: 500, most: 30_000 }
const longestTry = 10_000

const { url, tokens }: Order = JSON.parse(process.argv[2] ?? '')
/** Gently: this is not what is asked about. */
const atOnce = 50
const first: Promise<Device>[] = []
let failures = 0
for (let from = 0; from < tokens.length; from += atOnce) {
  first.push(...tokens.slice(from, from + atOnce).map(connectSurely))
  await Promise.all(first)
}
const ended = first.map(async (device) => (await device).ended)
console.log('open')
await Promise.all(ended)
while (!(await isListening())) await pause(5)
const begun = performance.now()
const waits = await Promise.all(
  tokens.map(async (token) => {
    await connectSurely(token)
    return performance.now() - begun
  }),
)
console.log(JSON.stringify({ waits, failures } satisfies Told))
process.exit(0)

interface Device {
  readonly ended: Promise<void>
}

/** Tries again and again. */
async function connectSurely(token: string): Promise<Device> {
  for (let failed = 1; ; failed += 1) {
    const device = await connectDevice(token).catch(() => undefined)
    if (device) return device
    failures += 1
    await pause(pauseAfter(failed, pauses))
  }
}

/** A connection by hand: thousands of a library's would not come in one moment. */
function connectDevice(token: string): Promise<Device> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(), longestTry)
    socket.on('error', reject).once('close', () => reject(new Error('not let in')))
    socket.once('connect', () => {
      const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`
      socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`)
    })
    let isKnown = false
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      // Engine.IO: 0 opens, 2 asks for a sign of life; 40 asks Socket.IO in, 42 brings an event.
      if (text.includes('0{"sid"') && !isKnown) {
        isKnown = true
        socket.write(textFrame(`40${JSON.stringify({ token })}`))
      }
      if (text.includes('\x81\x012')) socket.write(textFrame('3'))
      if (!text.includes('42["ready"')) return
      clearTimeout(timer)
      resolve({ ended })
    })
  })
}

function isListening(): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
