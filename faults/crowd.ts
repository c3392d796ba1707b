import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Order, Told } from './crowd-client.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom } from './random.ts'
import { findFreePort, startServer } from './server.ts'

export const crowd: Part = {
  name: 'crowd',
  promise: 'more clients write than machine and limits allow, and what was acknowledged is there, and nothing else',
  run,
}

/** With limits that are reached soon, and without, so that too much at once is refused. */
const settings = [
  { name: 'with limits', LIMITS: 'on', LIMIT_WRITES: '400', LIMIT_READS: '100000', LIMIT_REGISTRATIONS: '1000' },
  { name: 'without limits', LIMITS: 'off' },
] as const

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 1 : 3)
  const random = createRandom(seed)
  const size = isShort ? { people: 1, writers: 60, duration: 1_500 } : { people: 4, writers: 40, duration: 20_000 }
  const figures: string[] = []
  for (const { name, ...limits } of isShort ? settings.slice(1) : settings) {
    const told: Told[] = []
    for (let round = 0; round < count; round += 1)
      told.push(...(await gather(limits, { ...size, seed: random.below(2 ** 31) }, isShort ? 2 : 4)))
    figures.push(`${name}: ${describe(told)}`)
  }
  return figures.join('; ')
}

async function gather(
  limits: Readonly<Record<string, string>>,
  order: Omit<Order, 'url' | 'file'>,
  processes: number,
): Promise<Told[]> {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-crowd-'))
  const server = await startServer({
    port: await findFreePort(),
    environment: { DATA_DIR: folder, LOG_LEVEL: 'error', ...limits },
  })
  // So that nobody has a processor for themselves.
  const idlers = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
  const clients: ChildProcess[] = []
  try {
    const file = join(folder, 'taskwell.db')
    const orders = Array.from({ length: processes }, (_, number) => ({ ...order, seed: order.seed + number }))
    const told = await Promise.all(orders.map((each) => send({ ...each, url: server.url, file }, clients)))
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
    return told
  } finally {
    for (const child of [...idlers, ...clients]) child.kill('SIGKILL')
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function send(order: Order, clients: ChildProcess[]): Promise<Told> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crowd-client.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  clients.push(child)
  let said = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => void (said += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => void (complaints += part))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  demand(code === 0, `a process of the crowd ended with ${code}: ${complaints}`)
  return JSON.parse(said)
}

function describe(told: readonly Told[]): string {
  const sum = (figureOf: (each: Told) => number): number => told.reduce((all, each) => all + figureOf(each), 0)
  const names = [...new Set(told.flatMap(({ statuses }) => Object.keys(statuses)))].toSorted()
  const statuses = names.map((name) => `${name}: ${sum((each) => each.statuses[name] ?? 0)}`).join(', ')
  return `answers ${statuses}; ${sum((each) => each.acknowledged)} writes acknowledged and there, ${sum((each) => each.refused)} refused and not there, ${sum((each) => each.unanswered)} sent again at the end; ${told.length} times 1,002 tasks by batches; of as many that were sent once, without keys, ${told.map((each) => each.carelesslyImported).join(', ')}`
}
