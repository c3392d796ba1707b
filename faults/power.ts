import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { claimsOf } from './ledger.ts'
import { acknowledged } from './kill.ts'
import { pause, repeatSome, settle, startLoad } from './load.ts'
import { type Mounted, mountExt4 } from './mounts.ts'
import { demand, need, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, startServer } from './server.ts'
import { readSpace } from './store.ts'
import { verify } from './verify.ts'
import { createWorld, type World } from './world.ts'

export const power: Part = {
  name: 'power',
  promise: 'the power goes while clients write, all that was not synced is gone, and nothing acknowledged is among it',
  run,
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 1 : 20)
  const random = createRandom(seed)
  let done = 0
  for (let round = 0; round < count; round += 1) done += await lose(random, 'full')
  // A disk that loses nothing would prove nothing.
  let lost = 0
  for (let attempt = 0; attempt < 3 && lost === 0; attempt += 1) lost = await lose(random, 'normal')
  demand(lost > 0, 'with SQLITE_SYNCHRONOUS=normal nothing was lost either: this is no loss of power')
  return `${count} times: ${done} acknowledged writes, none lost; with SQLITE_SYNCHRONOUS=normal ${lost} were lost in one go, as is said of it`
}

/** Answers how many writes were acknowledged with `full`, and how many were lost with `normal`. */
async function lose(random: Random, synchronous: 'full' | 'normal'): Promise<number> {
  const disk = mountExt4(128)
  const file = join(disk.folder, 'data/taskwell.db')
  const options = {
    port: await findFreePort(),
    environment: { DATA_DIR: join(disk.folder, 'data'), SQLITE_SYNCHRONOUS: synchronous, LOG_LEVEL: 'silent' },
  }
  let server = await startServer(options)
  const world = await createWorld(server.url, random, { people: 2, copies: synchronous === 'full' ? 2 : 0 })
  try {
    // What was made before is not what is asked about.
    execFileSync('sync', ['-f', disk.folder])
    const load = startLoad(world)
    await pause(500 + random.below(1_500))
    cutPower(disk)
    await load.stop()
    await server.kill()
    disk.unmount()
    disk.mountAgain()
    server = await startServer(options)
    if (synchronous === 'normal') return await countLost(world, file)
    await settle(world)
    await repeatSome(world)
    await verify(world, { kind: 'sqlite', file })
    return acknowledged(world)
  } finally {
    await world.close()
    await server.kill()
    disk.remove()
  }
}

/** `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from here on nothing reaches the disk, its journal neither. */
function cutPower({ folder }: Mounted): void {
  const program = `
import fcntl, os, struct, sys
handle = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(handle, 0x8004587d, struct.pack('I', 2))`
  try {
    execFileSync('python3', ['-c', program, folder], { stdio: 'pipe' })
  } catch (error) {
    need(false, `the ioctl EXT4_IOC_SHUTDOWN failed here: ${String(error)}`)
  }
}

async function countLost({ people }: World, file: string): Promise<number> {
  let lost = 0
  for (const { id, entries } of people) {
    const { changes } = await readSpace({ kind: 'sqlite', file }, id)
    const kept = new Set(changes.map(({ revision }) => revision))
    lost += entries.filter((entry) => claimsOf(entry).some(({ revision }) => !kept.has(revision))).length
  }
  return lost
}
