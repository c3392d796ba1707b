import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Task } from '@taskwell/api'
import { pause, settle, startLoad } from './load.ts'
import { demand, need, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, runCommand, startServer } from './server.ts'
import { readFeed } from './verify.ts'
import { createWorld, type World } from './world.ts'

export const restore: Part = {
  name: 'restore',
  promise: 'a restore that is killed leaves all of the old store or has made all of the new one, and clients follow',
  run,
}

type State = readonly Map<string, Task>[]

/** By which files get their names and contents, and reach the disk. */
const calls = 'openat,rename,link,unlink,unlinkat,fsync,fdatasync,ftruncate,pwrite64,write,copy_file_range,sendfile'
/** The last ones put the new store in the place of the old one. */
const lastCalls = 12

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  need(spawnSync('strace', ['-V']).status === 0, 'strace is not installed: apt-get install strace')
  const count = rounds ?? (isShort ? 2 : 20)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-restore-'))
  const environment = { DATA_DIR: join(folder, 'data') }
  const options = { port: await findFreePort(), environment }
  const strace = straceOf(join(folder, 'data'))
  const backup = join(folder, 'backup')
  let server = await startServer(options)
  const world = await createWorld(server.url, random, { people: 2, copies: 2 })
  const figures = { old: 0, restored: 0 }
  try {
    await write(world)
    const saved = await readAll(world)
    await mustEndWell(['backup', backup], environment)
    await write(world)
    await server.stop()
    const whole = await measureRestore(backup, environment, { strace, trace: join(folder, 'trace') })
    server = await startServer(options)
    demand(isSame(await readAll(world), saved), 'a restored store is not what it was at the time of the backup')
    await followed(world, saved)
    for (let round = 0; round < count; round += 1) {
      await write(world)
      const present = await readAll(world)
      await server.stop()
      await runCommand(restoring(backup), environment, chooseEnd(random, round, { ...whole, strace }))
      server = await startServer(options)
      const found = await readAll(world)
      const isOld = isSame(found, present)
      demand(isOld || isSame(found, saved), 'a restore that was killed left neither the old store nor the new one')
      figures[isOld ? 'old' : 'restored'] += 1
      await followed(world, found)
      const doctor = await runCommand(['doctor'], environment)
      demand(doctor.code === 0, `after a restore that was killed doctor says: ${doctor.output}`)
    }
  } finally {
    await world.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  demand(figures.old > 0 && figures.restored > 0, 'all were killed on the same side of the last step')
  return `${count} restores killed: ${figures.old} times all was as before, ${figures.restored} times all was restored; all clients followed`
}

/** People stay signed in, so that their clients can go on. */
function restoring(backup: string): string[] {
  return ['restore', backup, '--force', '--keep-sessions']
}

async function mustEndWell(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const { code, output } = await runCommand(args, environment)
  demand(code === 0, `\`taskwell ${args.join(' ')}\` failed: ${output}`)
}

/** Looks at calls that have to do with the files of the store only. */
function straceOf(folder: string): string[] {
  const file = join(folder, 'taskwell.db')
  const databases = [file, `${file}.restoring`, `${file}.before-restore`]
  const files = databases.flatMap((name) => ['', '-wal', '-shm', '-journal'].map((end) => name + end))
  return ['strace', '-qq', ...[folder, ...files].flatMap((name) => ['-P', name])]
}

interface Whole {
  /** In milliseconds. */
  readonly duration: number
  /** How many of the calls above it makes. */
  readonly calls: number
}

async function measureRestore(
  backup: string,
  environment: Readonly<Record<string, string>>,
  { strace, trace }: { strace: readonly string[]; trace: string },
): Promise<Whole> {
  const begun = performance.now()
  await mustEndWell(restoring(backup), environment)
  const duration = performance.now() - begun
  const wrapper = [...strace, '-o', trace, '-e', `trace=${calls}`]
  const { code, output } = await runCommand(restoring(backup), environment, { wrapper })
  demand(code === 0, `a restore under strace failed: ${output}`)
  return { duration, calls: readFileSync(trace, 'utf8').trim().split('\n').length }
}

/** At any time, or with one of the calls; at first with the last one, which is when all is done, and with one of the first. */
function chooseEnd(
  random: Random,
  round: number,
  { duration, calls: count, strace }: Whole & { strace: readonly string[] },
): Parameters<typeof runCommand>[2] {
  if (round > 1 && random.isLucky(0.3)) return { killAfter: random.next() * duration }
  const far = random.isLucky(0.7) ? lastCalls : count
  const number = round === 0 ? count : round === 1 ? 1 : count - random.below(Math.min(far, count))
  return { wrapper: [...strace, '-o', '/dev/null', '-e', `inject=${calls}:signal=KILL:when=${number}`] }
}

async function write(world: World): Promise<void> {
  const load = startLoad(world, { clients: 2 })
  await pause(700)
  await load.stop()
  await settle(world)
}

function readAll({ people }: World): Promise<State> {
  return Promise.all(people.map(readFeed))
}

function isSame(one: State, other: State): boolean {
  return one.every((feed, index) => JSON.stringify([...feed]) === JSON.stringify([...(other[index] ?? [])]))
}

/** What clients show is what the server has, though they have seen a future that is gone. */
async function followed({ people }: World, state: State): Promise<void> {
  for (const [index, { copies }] of people.entries()) {
    const tasks = [...(state[index] ?? [])].toSorted(([one], [other]) => (one < other ? -1 : 1))
    for (const copy of copies) {
      copy.reconnect()
      const shown = (): string =>
        JSON.stringify([...copy.getSnapshot().tasks].toSorted(([one], [other]) => (one < other ? -1 : 1)))
      for (let attempt = 0; shown() !== JSON.stringify(tasks); attempt += 1) {
        const { status, revision } = copy.getSnapshot()
        demand(attempt < 300, `after a restore a copy is ${status} at revision ${revision}, not as the server`)
        await pause(100)
      }
    }
  }
}
