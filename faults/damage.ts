import {
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  closeSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Task, TaskwellError } from '@taskwell/api'
import { pause, settle, startLoad } from './load.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, runCommand, StartFailure, startServer } from './server.ts'
import { readFeed } from './verify.ts'
import { createWorld, type Person } from './world.ts'

export const damage: Part = {
  name: 'damage',
  promise:
    'a damaged file is found at the start or by `taskwell doctor`, or every task is still read as it was written',
  run,
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 3 : 50)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-damage-'))
  const figures = { start: 0, doctor: 0, harmless: 0 }
  try {
    const { people, feeds } = await makeStore(join(folder, 'sound'), random)
    const sound = await runCommand(['doctor'], { DATA_DIR: join(folder, 'sound') })
    demand(sound.code === 0, `doctor finds a sound store wrong: ${sound.output}`)
    for (let round = 0; round < count; round += 1) {
      const data = join(folder, 'damaged')
      cpSync(join(folder, 'sound'), data, { recursive: true })
      const how = harm(join(data, 'taskwell.db'), random, round)
      figures[await judge(data, { people, feeds, how })] += 1
      rmSync(data, { recursive: true })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return `${count} files: ${figures.start} refused at the start, ${figures.doctor} found by doctor, ${figures.harmless} with every task as it was`
}

async function makeStore(folder: string, random: Random) {
  const options = { port: await findFreePort(), environment: { DATA_DIR: folder } }
  const server = await startServer(options)
  const world = await createWorld(server.url, random, { people: 2, copies: 0 })
  const load = startLoad(world)
  await pause(3_000)
  await load.stop()
  await settle(world)
  const feeds = await Promise.all(world.people.map(readFeed))
  await server.stop()
  demand(!existsSync(join(folder, 'taskwell.db-wal')), 'an orderly stop left a log behind')
  return { people: world.people, feeds }
}

/** Flips bits, zeroes a stretch, or cuts the end off. */
function harm(file: string, random: Random, round: number): string {
  const { size } = statSync(file)
  if (round % 3 === 0) {
    const left = random.below(size)
    truncateSync(file, left)
    return `cut to ${left} of ${size} bytes`
  }
  const handle = openSync(file, 'r+')
  try {
    const length = round % 3 === 1 ? 1 : 512 + random.below(8_192)
    const at = random.below(size - length)
    const bytes = Buffer.alloc(length)
    readSync(handle, bytes, 0, length, at)
    if (length === 1) bytes[0] = (bytes[0] ?? 0) ^ (1 << random.below(8))
    else bytes.fill(0)
    writeSync(handle, bytes, 0, length, at)
    return length === 1 ? `a bit at ${at}` : `${length} zeros at ${at}`
  } finally {
    closeSync(handle)
  }
}

async function judge(
  data: string,
  { people, feeds, how }: { people: readonly Person[]; feeds: readonly Map<string, Task>[]; how: string },
): Promise<'start' | 'doctor' | 'harmless'> {
  const environment = { DATA_DIR: data }
  const doctor = await runCommand(['doctor'], environment)
  const isFound = doctor.code !== 0
  const names = /taskwell restore|back up/.test(doctor.output)
  demand(!isFound || names, `${how}: doctor does not say what to do: ${doctor.output}`)
  try {
    const server = await startServer({ port: await findFreePort(), environment })
    try {
      const isSame = await readsTheSame(server.url, people, feeds)
      demand(isSame || isFound, `${how}: another text is read, and neither start nor doctor says a word`)
      return isFound ? 'doctor' : 'harmless'
    } finally {
      await server.kill()
    }
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    demand(error.message.includes('taskwell restore'), `${how}: the start does not say what to do: ${error.message}`)
    return 'start'
  }
}

/** An error instead of an answer is no wrong answer. */
async function readsTheSame(url: string, people: readonly Person[], feeds: readonly Map<string, Task>[]) {
  for (const [index, { token }] of people.entries()) {
    try {
      const feed = await readFeed({ client: createClient({ baseUrl: url, token: () => token }) })
      if (JSON.stringify([...feed]) !== JSON.stringify([...(feeds[index] ?? [])])) return false
    } catch (error) {
      if (!(error instanceof TaskwellError)) throw error
    }
  }
  return true
}
