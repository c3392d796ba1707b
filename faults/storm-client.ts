import { connect } from 'node:net'
import { pauseAfter } from '../api/src/sync/backoff.ts'
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
for (let from = 0; from < tokens.length; from += atOnce) {
  first.push(...tokens.slice(from, from + atOnce).map(connectDevice))
  await Promise.all(first)
}
const ended = first.map(async (device) => (await device).ended)
console.log('open')
await Promise.all(ended)
while (!(await isListening())) await pause(5)
const begun = performance.now()
let failures = 0
const waits = await Promise.all(
  tokens.map(async (token) => {
    for (let failed = 1; ; failed += 1) {
      if (await connectDevice(token).catch(() => undefined)) return performance.now() - begun
      failures += 1
      await pause(pauseAfter(failed, pauses))
    }
  }),
)
console.log(JSON.stringify({ waits, failures } satisfies Told))
process.exit(0)

interface Device {
  readonly ended: Promise<void>
}

/** A connection by hand, since thousands of the official client would take more than the server. */
function connectDevice(token: string): Promise<Device> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const ended = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close()
      reject(new Error('not ready in time'))
    }, longestTry)
    socket.addEventListener('error', () => reject(new Error('failed')))
    socket.addEventListener('close', () => reject(new Error('refused')))
    socket.addEventListener('message', ({ data }) => {
      const text = String(data)
      // Engine.IO: 0 opens, 2 asks for a sign of life; 40 asks Socket.IO in, 42 brings an event.
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`)
      else if (text === '2') socket.send('3')
      else if (text.startsWith('42["ready"')) {
        clearTimeout(timer)
        resolve({ ended })
      }
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
