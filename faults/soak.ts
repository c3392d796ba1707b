import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, TaskwellError } from '@taskwell/api'
import { inspect } from './inspector.ts'
import { pause } from './load.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, type Server, startServer } from './server.ts'
import { createWorld, type Person, type World } from './world.ts'

export const soak: Part = {
  name: 'soak',
  promise: 'under mixed load memory and open files stay what they are',
  run,
}

const mebibyte = 1024 * 1024
/** In bytes, over ten minutes; of a short run, in which compiled code and caches still settle, over all of it. */
const mostGrowth = { long: mebibyte, short: 3 * mebibyte }
const workers = 4
/** In milliseconds. */
const rest = 10
/** Workers keep some between their requests. */
const mostConnections = 6 * workers
/** How often the load stops to be measured in a run, whose first third is for filling what is kept on purpose. */
const measurements = { long: 30, short: 9 }
/** A person has about so many tasks, so that a growing store is not taken for a leak. */
const tasksAPerson = 60

interface Sample {
  readonly minute: number
  readonly heap: number
  /** Open ones, without connections. */
  readonly files: number
  readonly connections: number
}

async function run({ seed, minutes, isShort }: Settings): Promise<string> {
  const duration = minutes ?? (isShort ? 0.3 : 10)
  const count = isShort ? measurements.short : measurements.long
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-soak-'))
  const server = await startServer({
    port: await findFreePort(),
    environment: { DATA_DIR: folder },
    flags: ['--inspect=127.0.0.1:0'],
  })
  const samples: Sample[] = []
  let requests = 0
  let world: World | undefined
  try {
    const inspector = await inspect(server.output())
    world = await createWorld(server.url, random, { people: 12, copies: 0 })
    await fillCaches(world)
    const begun = performance.now()
    const minute = (): number => (performance.now() - begun) / 60_000
    for (let number = 1; number <= count; number += 1) {
      requests += await useUntil(() => minute() >= (number / count) * duration, world)
      // What was closed has time to be closed.
      await pause(500)
      samples.push({ minute: minute(), heap: await inspector.measureHeap(), ...countOpen(server) })
    }
    inspector.close()
    demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
  } finally {
    await world?.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return judge(samples.slice(count / 3), requests, isShort ? mostGrowth.short : mostGrowth.long)
}

function judge(samples: readonly Sample[], requests: number, most: number): string {
  const span = (samples.at(-1)?.minute ?? 0) - (samples[0]?.minute ?? 0)
  const slope = slopeOf(samples)
  const files = samples.map((sample) => sample.files)
  const heaps = samples.map(({ heap }) => (heap / mebibyte).toFixed(2))
  const connections = Math.max(...samples.map((sample) => sample.connections))
  const told = `${requests} requests; over ${span.toFixed(1)} minutes the heap grew by ${((slope * 10) / mebibyte).toFixed(2)} MB in 10 minutes (${heaps[0]} MB to ${heaps.at(-1)} MB), open files ${Math.min(...files)} to ${Math.max(...files)}, connections at most ${connections}`
  demand(slope * Math.min(span, 10) < most, `${told}: ${heaps.join(' ')}`)
  demand(Math.max(...files) === Math.min(...files), `${told}: ${files.join(' ')}`)
  demand(connections <= mostConnections, told)
  return told
}

/** Least squares, in bytes a minute. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const middle = mean(samples.map(({ minute }) => minute))
  const height = mean(samples.map(({ heap }) => heap))
  const above = samples.reduce((sum, { minute, heap }) => sum + (minute - middle) * (heap - height), 0)
  const below = samples.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0)
  return above / below
}

/** Replies that are kept on purpose take a fixed room, which is full from the beginning: it is no leak that it fills. */
async function fillCaches({ people: [person] }: World): Promise<void> {
  const operations = Array.from({ length: 40 }, () => ({
    op: 'create' as const,
    task: { title: 'Much text', description: 'x'.repeat(1_500) },
  }))
  await person?.client.batchTasks({ body: { operations } })
  for (const sort of ['createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'title', '-title', 'priority'] as const)
    for (let limit = 10; limit < 40; limit += 1) await person?.client.listTasks({ query: { sort, limit } })
}

/** Answers how many requests or connections were made. */
async function useUntil(isOver: () => boolean, { url, people, random }: World): Promise<number> {
  let count = 0
  async function work(): Promise<void> {
    for (; !isOver(); await pause(rest)) {
      const person = random.pick(people)
      if (!person) return
      await use(url, person, random).catch(expectRefusal)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return count
}

/** Two workers may have met at one task, and a machine that is busy with something else makes a server refuse. */
function expectRefusal(error: unknown): void {
  const isExpected =
    error instanceof TaskwellError && (error.problem.status < 500 || error.problem.code === 'overloaded')
  demand(
    isExpected,
    `a request failed: ${error instanceof TaskwellError ? JSON.stringify(error.problem) : String(error)}`,
  )
}

async function use(url: string, person: Person, random: Random): Promise<void> {
  const { client, taskIds } = person
  const id = random.pick(taskIds)
  const chance = random.next()
  if (id === undefined || chance < 0.2) return addTask(person, random)
  if (chance < 0.35) return void (await client.updateTask({ params: { id }, body: { title: random.uuid() } }))
  if (chance < 0.45) return void (await client.listTasks({ query: { q: random.uuid().slice(0, 2), count: 'exact' } }))
  if (chance < 0.55) return void (await client.listTasks({ query: { limit: 50, sort: 'dueDate' } }))
  if (chance < 0.65) return void (await client.getStats({ query: { days: 30 } }))
  if (chance < 0.75) return void (await client.listChanges({ query: { since: 0 } }))
  if (chance < 0.8) return void (await client.listTaskHistory({ params: { id } }))
  if (chance < 0.85) return undo(person)
  if (chance < 0.9) return connectOnce(url, person)
  if (chance < 0.92) return void (await client.exportAccount())
  if (chance < 0.94) return comeAndGo(url, random)
  if (chance < 0.97) return void (await client.getTask({ params: { id: random.uuid() } }))
  return void (await client.createTask({ body: { title: '' } }))
}

async function addTask({ client, taskIds }: Person, random: Random): Promise<void> {
  const task = { id: random.uuid(), title: `Task ${random.uuid()}`, description: 'words '.repeat(random.below(50)) }
  await client.createTask({ body: task, idempotencyKey: random.uuid() })
  taskIds.push(task.id)
  const oldest = taskIds.length > tasksAPerson ? taskIds.shift() : undefined
  if (oldest === undefined) return
  await client.deleteTask({ params: { id: oldest } })
  await client.eraseTask({ params: { id: oldest } })
}

async function undo({ client }: Person): Promise<void> {
  const { body } = await client.listActivity({ query: { limit: 1 } })
  const [last] = body.items
  if (last) await client.undoChange({ params: { revision: String(last.revision) } })
}

async function connectOnce(url: string, { token }: Person): Promise<void> {
  const copy = createClient({ baseUrl: url, token: () => token }).sync()
  for (let attempt = 0; copy.getSnapshot().status !== 'live'; attempt += 1) {
    demand(attempt < 600, `a copy is ${copy.getSnapshot().status}`)
    await pause(50)
  }
  await copy.close()
}

/** An account that is made, used and deleted. */
async function comeAndGo(url: string, random: Random): Promise<void> {
  const password = 'correct horse battery'
  const email = `${random.uuid()}@example.org`
  await createClient({ baseUrl: url }).register({ body: { name: 'Eve', email, password } })
  const { headers } = await createClient({ baseUrl: url }).login({ body: { email, password } })
  const client = createClient({ baseUrl: url, token: () => headers.get('set-auth-token') ?? '' })
  await client.createTask({ body: { title: 'Of short life' } })
  await client.deleteAccount({ body: { password } })
}

function countOpen({ child }: Server): Pick<Sample, 'files' | 'connections'> {
  const folder = `/proc/${child.pid}/fd`
  const links = readdirSync(folder).map((name) => readLink(join(folder, name)))
  const connections = links.filter((link) => link.startsWith('socket:')).length
  return { files: links.length - connections, connections }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed meanwhile.
    return ''
  }
}
