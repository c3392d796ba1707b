import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom } from './random.ts'
import { findFreePort, startServer } from './server.ts'
import type { Order, Told } from './storm-client.ts'
import { createWorld } from './world.ts'

export const storm: Part = {
  name: 'storm',
  promise: 'after a restart all devices come back in one moment, and soon all of them are in',
  run,
}

const aPerson = 20
/** In milliseconds. */
const longestWait = 20_000
/** Of a hundred devices: more than these are not left waiting or turned away at first. */
const mostFailures = 1
const processes = 2

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 1 : 3)
  const devices = isShort ? 1_000 : 3_000
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-storm-'))
  const options = { port: await findFreePort(), environment: { DATA_DIR: folder } }
  const clients: ChildProcess[] = []
  let server = await startServer(options)
  let failures = 0
  const waits: number[] = []
  try {
    const world = await createWorld(server.url, random, { people: Math.ceil(devices / aPerson), copies: 0 })
    const tokens = Array.from(
      { length: devices },
      (_, number) => world.people[number % world.people.length]?.token ?? '',
    )
    for (let round = 0; round < count; round += 1) {
      const share = Math.ceil(devices / processes)
      const groups = Array.from({ length: processes }, (_, number) =>
        gather({ url: server.url, tokens: tokens.slice(number * share, (number + 1) * share) }, clients),
      )
      await Promise.all(groups.map(({ opened }) => opened))
      await server.kill()
      server = await startServer(options)
      for (const told of await Promise.all(groups.map(({ told }) => told))) {
        failures += told.failures
        waits.push(...told.waits)
      }
    }
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
  } finally {
    for (const child of clients) child.kill('SIGKILL')
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  const sorted = waits.toSorted((one, other) => one - other)
  const at = (share: number): string => `${((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) / 1000).toFixed(1)} s`
  const told = `${devices} devices at once, ${count} times: half of them in after ${at(0.5)}, 99 of 100 after ${at(0.99)}, all after ${at(1)}; ${failures} had to try again`
  demand(failures <= (devices * count * mostFailures) / 100, told)
  demand((sorted.at(-1) ?? 0) <= longestWait, told)
  return told
}

function gather(order: Order, clients: ChildProcess[]): { opened: Promise<void>; told: Promise<Told> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'storm-client.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  clients.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const readLine = async (): Promise<string> => {
    const { value, done } = await lines.next()
    demand(!done, 'a process of devices ended early')
    return value
  }
  const opened = readLine().then(() => {})
  return { opened, told: opened.then(async (): Promise<Told> => JSON.parse(await readLine())) }
}
