import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, repeatSome, settle, startLoad } from './load.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, launch, type Server, type ServerOptions, startServer } from './server.ts'
import { verify } from './verify.ts'
import { createPerson, createWorld, type Person, type World } from './world.ts'

/** In milliseconds. */
const longestStart = 3_000
/** After so many rounds the accounts are new, so that comparing stays quick while the database grows. */
const lifeOfWorld = 10

export const kill: Part = {
  name: 'kill',
  promise: 'the server process is killed while 16 clients write, and nothing acknowledged is lost or doubled',
  run,
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 5 : 200)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-kill-'))
  const options: ServerOptions = { port: await findFreePort(), environment: { DATA_DIR: folder } }
  const place = { kind: 'sqlite', file: join(folder, 'taskwell.db') } as const
  const figures = { acknowledged: 0, unanswered: 0 }
  const starts: Server[] = []
  let world: World | undefined
  let server: Server = await startServer(options)
  await server.stop()
  server = await startServer(options)
  // Where even a start in peace takes long, it is the machine that is slow.
  const longest = Math.max(longestStart, 2 * ownTime(server))
  try {
    for (let round = 0; round < count; round += 1) {
      if (round % lifeOfWorld === 0) {
        if (world) figures.acknowledged += acknowledged(world)
        await world?.close()
        world = await createWorld(server.url, random)
      }
      if (!world) break
      const load = startLoad(world)
      const newcomer = register(server.url, random)
      await pause(50 + random.below(1_000))
      await server.kill()
      await load.stop()
      if (random.isLucky(0.2)) await killWhileStarting(options, random.below(600))
      server = await startServer(options)
      starts.push(server)
      figures.unanswered += await settle(world)
      await repeatSome(world)
      await verify(world, place)
      await verifyNewcomer(await newcomer)
      demand(ownTime(server) <= longest, `a start after a crash took ${tellStart(server)}`)
    }
    if (world) figures.acknowledged += acknowledged(world)
  } finally {
    await world?.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return `${count} kills, ${figures.acknowledged} acknowledged writes, ${figures.unanswered} unanswered ones sent again, ${tellStarts(starts)}`
}

/** A crash during the recovery from a crash. */
async function killWhileStarting(options: ServerOptions, delay: number): Promise<void> {
  const { child } = launch(options)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  await pause(delay)
  child.kill('SIGKILL')
  await exited
}

/** Undefined when the server did not live to answer. */
async function register(url: string, random: Random): Promise<Person | undefined> {
  await pause(random.below(300))
  return createPerson(url, random).catch(() => undefined)
}

/** Whoever was told that they have an account, and are signed in, are so after the crash. */
async function verifyNewcomer(person: Person | undefined): Promise<void> {
  if (!person) return
  const { body } = await person.client.getSession().catch(() => ({ body: undefined }))
  demand(body?.user.id === person.id, 'LOST: an account that was acknowledged')
}

export function acknowledged({ people }: World): number {
  return people.reduce((sum, { entries }) => sum + entries.filter((entry) => entry.acknowledgement).length, 0)
}

function tellStart({ startedIn, waitedFor }: Server): string {
  return `${startedIn.toFixed(0)} ms (${waitedFor.toFixed(0)} of them waiting for a processor)`
}

/** In milliseconds: how long the start took where the machine had a processor for it. */
function ownTime({ startedIn, waitedFor }: Server): number {
  return startedIn - waitedFor
}

function tellStarts(starts: readonly Server[]): string {
  const [slowest] = starts.toSorted((one, other) => ownTime(other) - ownTime(one))
  return slowest ? `slowest start after a crash ${tellStart(slowest)}` : 'no start'
}
