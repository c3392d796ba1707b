import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
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

/** SQLite syncs by either call, as it was built. */
const calls = ['pwrite64', 'fsync,fdatasync', 'ftruncate', 'openat'] as const
/** What each write makes: with these every store is begun. */
const usual: readonly Injection['call'][] = ['fsync,fdatasync', 'pwrite64']
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
  const figures: Figures = {
    injected: { pwrite64: 0, 'fsync,fdatasync': 0, ftruncate: 0, openat: 0 },
    stopped: 0,
    failedStarts: 0,
    dropped: 0,
  }
  for (let round = 0; round < count; round += lifeOfStore)
    await breakStore(random, round, Math.min(lifeOfStore, count - round), figures)
  for (const call of usual) demand(figures.injected[call] > 0, `no ${call} failed, so that was not tested`)
  const told = calls.map((call) => `${call} ${figures.injected[call]}`).join(', ')
  const injected = calls.reduce((sum, call) => sum + figures.injected[call], 0)
  return `${injected} calls failed in ${count} rounds (${told}); writing stopped in ${figures.stopped}, the start was refused in ${figures.failedStarts}; ${figures.dropped} times the disk dropped what it had failed to sync`
}

interface Figures {
  readonly injected: Record<Injection['call'], number>
  stopped: number
  failedStarts: number
  dropped: number
}

async function breakStore(random: Random, first: number, rounds: number, figures: Figures): Promise<void> {
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
        figures.stopped += await writeThrough(world, server, trace)
        await server.kill()
        figures.dropped += dropUnsynced(trace, `${place.file}-wal`)
      } catch (error) {
        if (!(error instanceof StartFailure)) throw error
        demand(/taskwell: \S/.test(error.message), `a start that failed said nothing of use: ${error.message}`)
        figures.failedStarts += 1
      }
      figures.injected[injection.call] += countInjected(trace)
      rmSync(trace, { force: true })
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
  const call =
    usual[round % lifeOfStore] ??
    (random.isLucky(0.1) ? 'ftruncate' : random.isLucky(0.1) ? 'openat' : (random.pick(usual) ?? 'pwrite64'))
  const span = { pwrite64: 80, 'fsync,fdatasync': 16, ftruncate: 2, openat: 6 }[call]
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
  return ['strace', '-D', '-f', '-y', '-qq', '-o', trace, ...files, '-e', `trace=${calls.join(',')}`, '-e', inject]
}

/**
 * A disk that fails to sync may have dropped what it was to write, which the system still shows until then. Takes from
 * the log what no sync has reached; answers 1 when there was something.
 */
function dropUnsynced(trace: string, log: string): 0 | 1 {
  let from = Number.POSITIVE_INFINITY
  let hasFailed = false
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    if (!line.includes(`<${log}>`)) continue
    const [, offset] = /pwrite64\(.*, (\d+)\) += \d/.exec(line) ?? []
    if (offset !== undefined) from = Math.min(from, Number(offset))
    const isSync = /f(data)?sync\(/.test(line)
    if (isSync && line.includes('(INJECTED)')) hasFailed = true
    else if (isSync && !hasFailed) from = Number.POSITIVE_INFINITY
  }
  if (!hasFailed || !Number.isFinite(from)) return 0
  truncateSync(log, from)
  return 1
}

function countInjected(trace: string): number {
  return existsSync(trace) ? readFileSync(trace, 'utf8').split('(INJECTED)').length - 1 : 0
}

/** In milliseconds: how long it is waited for the call that fails; rare ones may never come. */
const longestWait = 8_000

/** Writes while calls fail. Answers 1 when the server has stopped writing, and then it must say so and stay so. */
async function writeThrough(world: World, server: Server, trace: string): Promise<0 | 1> {
  const load = startLoad(world, { clients: 2 })
  const begun = performance.now()
  while (countInjected(trace) === 0 && performance.now() - begun < longestWait) await pause(100)
  // Writes go on after the fault, too: that is when something could be answered that is not so.
  await pause(700)
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
