import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { attacks } from './attacks.ts'
import { createGoodClients, type GoodClients } from './good-clients.ts'
import { pause } from './load.ts'
import { demand, need, type Part, type Settings } from './part.ts'
import { createRandom } from './random.ts'
import { findFreePort, type Server, startServer } from './server.ts'
import { readFeed } from './verify.ts'
import { createWorld, type World } from './world.ts'

export const hostile: Part = {
  name: 'hostile',
  promise: 'connections that are slow, endless or malformed cost good clients little, and little memory',
  run,
}

/** In milliseconds: below this nobody would notice, and chance decides on a busy machine; the more so in a short run. */
const unnoticed = { long: 30, short: 200 }
/** What each change goes through: what once took gigabytes of memory, or all of the server's time. */
const short = ['slow readers', 'bodies of a gigabyte', 'tiny chunks', 'many requests at once']
/** In megabytes. */
const mostGrowth = 50
/** What is slow because the machine had something else to do is not slow again and again. */
const attempts = 3

interface Attacker {
  readonly name: string
  start(): ChildProcess
}

async function run({ seed, isShort, rounds, attack }: Settings): Promise<string> {
  need(
    isShort || spawnSync('slowhttptest', ['-h']).status !== null,
    'slowhttptest is not installed: apt-get install slowhttptest',
  )
  const connections = rounds ?? (isShort ? 300 : 2_000)
  const [duration, least] = isShort ? [1_500, unnoticed.short] : [6_000, unnoticed.long]
  const chosen = attack?.split(',') ?? (isShort ? short : undefined)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-hostile-'))
  const port = await findFreePort()
  // With its limits, as it comes; only the many accounts of this test are more than one address may make.
  const environment = { DATA_DIR: folder, LOG_LEVEL: 'warn', LIMITS: 'on', LIMIT_REGISTRATIONS: '100' }
  const server = await startServer({ port, environment, wrapper: onProcessor(0) })
  const figures: string[] = []
  const broken: string[] = []
  let world: World | undefined
  try {
    world = await createWorld(server.url, random, { people: 25, copies: 1 })
    const [evil, ...good] = world.people
    const clients = createGoodClients(server.url, good, random)
    await fillList(evil)
    await clients.work(isShort ? 3_000 : 10_000)
    const attackers = listAttackers({ port, token: evil?.token ?? '', connections })
    const unknown = chosen?.filter((name) => !attackers.some((one) => one.name === name)) ?? []
    if (unknown.length > 0) throw new Error(`There is no attack ${unknown.join(', ')}`)
    for (const attacker of attackers.filter(({ name }) => chosen?.includes(name) ?? true)) {
      const outcome = await withstand(server, clients, { attacker, duration, least })
      console.log(outcome.told)
      figures.push(outcome.told)
      if (!outcome.isKept) broken.push(outcome.told)
    }
    await verifyCopies(world)
    demand(broken.length === 0, broken.join('; '))
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
  } finally {
    await world?.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return `${connections} connections of each kind: ${figures.join('; ')}`
}

/** Compares with the same server beside a harmless neighbour that keeps the other processor as busy. */
async function withstand(
  server: Server,
  clients: GoodClients,
  { attacker, duration, least }: { attacker: Attacker; duration: number; least: number },
): Promise<{ told: string; isKept: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const normal = await beside(startIdler(), () => clients.work(duration))
    const before = residentMegabytes(server)
    let most = before
    const watch = setInterval(() => void (most = Math.max(most, residentMegabytes(server))), 100)
    const attacked = await beside(attacker.start(), async () => {
      await pause(1_500)
      return clients.work(duration)
    }).finally(() => clearInterval(watch))
    const growth = most - before
    const told = `${attacker.name}: ${attacked.toFixed(0)} ms instead of ${normal.toFixed(0)}, ${growth.toFixed(0)} MB more`
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
    const isKept = attacked <= Math.max(2 * normal, least) && growth < mostGrowth
    if (isKept || attempt === attempts) return { told, isKept }
  }
}

async function beside<T>(child: ChildProcess, work: () => Promise<T>): Promise<T> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  try {
    return await work()
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}

function listAttackers(target: { port: number; token: string; connections: number }): Attacker[] {
  const { port, token, connections } = target
  const script = join(import.meta.dirname, 'attacker.ts')
  const own = Object.keys(attacks).map((name) => ({
    name,
    start: () => spawnBeside(process.execPath, script, name, String(connections), String(port), token),
  }))
  const url = `http://127.0.0.1:${port}`
  const many = ['-c', String(connections), '-r', '500', '-l', '60', '-p', '3']
  const borrowed = {
    'slowhttptest -H': ['-H', '-i', '1', '-u', `${url}/api/tasks`],
    'slowhttptest -B': ['-B', '-i', '1', '-s', '8192', '-t', 'POST', '-u', `${url}/api/auth/login`],
    'slowhttptest -X': ['-X', '-w', '1', '-y', '64', '-n', '1', '-z', '8', '-k', '10', '-u', `${url}/api/openapi.json`],
  }
  return [
    ...own,
    ...Object.entries(borrowed).map(([name, args]) => ({
      name,
      start: () => spawnBeside('slowhttptest', ...many, ...args),
    })),
  ]
}

/** On the other processor, and after everybody else: what the attackers need of the machine is not what is asked about. */
function spawnBeside(...command: readonly string[]): ChildProcess {
  const [program = '', ...args] = ['nice', '-n', '19', ...onProcessor(1), ...command]
  return spawn(program, args, { stdio: 'ignore' })
}

function startIdler(): ChildProcess {
  return spawnBeside(process.execPath, '-e', 'for (;;);')
}

function onProcessor(number: number): string[] {
  return cpus().length > 1 ? ['taskset', '-c', String(number)] : []
}

/** So that a page of it is large. */
async function fillList(person: World['people'][number] | undefined): Promise<void> {
  for (let batch = 0; batch < 2; batch += 1) {
    const operations = Array.from({ length: 100 }, () => ({
      op: 'create' as const,
      task: { title: 'Much text', description: 'x'.repeat(2_000) },
    }))
    await person?.client.batchTasks({ body: { operations } })
  }
}

/** Open connections have heard of everything. */
async function verifyCopies({ people }: World): Promise<void> {
  for (const person of people.slice(1)) {
    const feed = await readFeed(person)
    for (const copy of person.copies) {
      for (let attempt = 0; copy.getSnapshot().tasks.size < feed.size; attempt += 1) {
        demand(
          attempt < 200,
          `a copy is ${copy.getSnapshot().status}, with ${copy.getSnapshot().tasks.size} tasks of ${feed.size}`,
        )
        await pause(50)
      }
    }
  }
}

function residentMegabytes({ child }: Server): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
