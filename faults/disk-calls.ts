import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, TaskwellError } from '@taskwell/api'
import { repeatSome, settle, startLoad, pause } from './load.ts'
import { demand, need, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, type Server, StartFailure, startServer } from './server.ts'
import { verify } from './verify.ts'
import { createWorld, type World } from './world.ts'

export const diskCalls: Part = {
  name: 'disk-calls',
  promise:
    'the Nth call to the disk fails: no write is answered as done that is not, and after an I/O error none is taken',
  run,
}

const calls = ['pwrite64', 'fdatasync', 'ftruncate', 'openat'] as const
/** In rounds of the long form, so that more than 500 faults come together: of a full disk there are several in one. */
const longForm = 160
const lifeOfStore = 10

interface Injection {
  readonly call: (typeof calls)[number]
  readonly error: 'EIO' | 'ENOSPC'
  readonly from: number
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const strace = spawnSync('strace', ['-V'], { encoding: 'utf8' })
  need(strace.status === 0, 'strace is not installed: apt-get install strace')
  const count = rounds ?? (isShort ? 2 : longForm)
  const random = createRandom(seed)
  const figures = { injected: 0, stopped: 0, failedStarts: 0 }
  for (let round = 0; round < count; round += lifeOfStore)
    await breakStore(random, round, Math.min(lifeOfStore, count - round), figures)
  demand(figures.injected > 0, 'nothing was injected, so nothing was tested')
  return `${figures.injected} calls failed in ${count} rounds; writing stopped in ${figures.stopped}, the start was refused in ${figures.failedStarts}`
}

async function breakStore(
  random: Random,
  first: number,
  rounds: number,
  figures: { injected: number; stopped: number; failedStarts: number },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-calls-'))
  const place = { kind: 'sqlite', file: join(folder, 'data/taskwell.db') } as const
  const options = { port: await findFreePort(), environment: { DATA_DIR: join(folder, 'data') } }
  const trace = join(folder, 'trace')
  let server = await startServer(options)
  const world = await createWorld(server.url, random, { people: 2, copies: 1 })
  try {
    for (let round = first; round < first + rounds; round += 1) {
      await server.stop()
      const injection = chooseInjection(random, round)
      try {
        server = await startServer({ ...options, wrapper: wrapperFor(injection, folder, trace) })
        figures.stopped += await writeThrough(world, server)
        await server.kill()
      } catch (error) {
        if (!(error instanceof StartFailure)) throw error
        demand(/taskwell: \S/.test(error.message), `a start that failed said nothing of use: ${error.message}`)
        figures.failedStarts += 1
      }
      figures.injected += countInjected(trace)
      server = await startServer(options)
      await settle(world)
      await repeatSome(world, 5)
      await verify(world, place)
    }
  } finally {
    await world.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The call that fails lies anywhere from the start to the end of some writes; most are made by writing. */
function chooseInjection(random: Random, round: number): Injection {
  const call = random.isLucky(0.1)
    ? 'ftruncate'
    : random.isLucky(0.1)
      ? 'openat'
      : random.isLucky(0.5)
        ? 'fdatasync'
        : 'pwrite64'
  const span = { pwrite64: 80, fdatasync: 16, ftruncate: 2, openat: 6 }[call]
  return { call, error: round % 2 === 0 ? 'EIO' : 'ENOSPC', from: 1 + random.below(span) }
}

/** With `-D` the server is our own child and strace only looks on; only files of the store are touched. */
function wrapperFor({ call, error, from }: Injection, folder: string, trace: string): string[] {
  const when = error === 'ENOSPC' ? `${from}+2` : String(from)
  const files = ['taskwell.db', 'taskwell.db-wal', 'taskwell.db-shm'].flatMap((name) => [
    '-P',
    join(folder, 'data', name),
  ])
  const inject = `inject=${call}:error=${error}:when=${when}`
  return ['strace', '-D', '-f', '-qq', '-o', trace, ...files, '-e', `trace=${calls.join(',')}`, '-e', inject]
}

function countInjected(trace: string): number {
  return existsSync(trace) ? readFileSync(trace, 'utf8').split('(INJECTED)').length - 1 : 0
}

/** Writes while calls fail. Answers 1 when the server has stopped writing, and then it must say so and stay so. */
async function writeThrough(world: World, server: Server): Promise<0 | 1> {
  const load = startLoad(world, { clients: 2 })
  await pause(1_500)
  await load.stop()
  demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
  const ready = await createClient({ baseUrl: server.url })
    .getReadiness()
    .then(() => undefined, problemOf)
  const failed = /SQLITE_(IOERR(?!_SHMSIZE)|CORRUPT)/.test(server.output())
  demand(failed === (ready !== undefined), `/health/ready says ${ready?.code ?? 'ok'}, the log: ${server.output()}`)
  if (!ready) return 0
  demand(ready.status === 503 && ready.detail?.includes('database'), `/health/ready answered ${JSON.stringify(ready)}`)
  for (const { client } of world.people) {
    const refused = await client.createTask({ body: { title: 'Too late' } }).then(() => undefined, problemOf)
    demand(refused?.status === 503, `after an I/O error a write was answered ${refused?.status ?? '2xx'}`)
    await client.listTasks()
  }
  return 1
}

function problemOf(error: unknown) {
  if (error instanceof TaskwellError) return error.problem
  throw error
}
