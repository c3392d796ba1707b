import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TaskwellError } from '@taskwell/api'
import { pause, settle, startLoad } from './load.ts'
import { demand, need, type Part, type Settings } from './part.ts'
import { createRandom } from './random.ts'
import { findFreePort, startServer } from './server.ts'
import { verify } from './verify.ts'
import { createWorld, type World } from './world.ts'

export const clock: Part = {
  name: 'clock',
  promise:
    'the clock jumps a day ahead and back while clients write: order and sessions stay, nothing is erased too soon',
  run,
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const library = findLibrary()
  need(library, 'libfaketime is not installed: apt-get install faketime')
  const count = rounds ?? (isShort ? 1 : 5)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-clock-'))
  const place = { kind: 'sqlite', file: join(folder, 'data/taskwell.db') } as const
  const offset = join(folder, 'offset')
  const setClock = (text: string): void => writeFileSync(offset, `${text}\n`)
  setClock('+0d')
  const environment = {
    DATA_DIR: join(folder, 'data'),
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  const options = { port: await findFreePort(), environment }
  let server = await startServer(options)
  const world = await createWorld(server.url, random, { people: 2, copies: 2 })
  try {
    for (let round = 0; round < count; round += 1) {
      const load = startLoad(world, { clients: 2 })
      for (const [number, jump] of ['+1d', '-1d', '+0d'].entries()) {
        setClock(jump)
        await pause(700)
        // On a busy machine the first write may take its time.
        for (let attempt = 0; daysOf(world).size <= number && attempt < 100; attempt += 1) await pause(100)
      }
      await load.stop()
      demandJumps(world)
      // Retention runs at the start, and must not take what is not old.
      setClock(round % 2 === 0 ? '+1d' : '-1d')
      await server.stop()
      server = await startServer(options)
      await settle(world)
      await verify(world, place)
    }
    await demandEnd(world, () => setClock('+40d'))
  } finally {
    await world.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return `${count} rounds of three jumps and a start; sessions ended 40 days later, as they must`
}

/** Else the clock did not move, and nothing was tested. */
function demandJumps(world: World): void {
  const { size } = daysOf(world)
  demand(size >= 3, `the writes are of ${size} days only: the clock did not jump`)
}

function daysOf({ people }: World): Set<string> {
  const days = new Set<string>()
  for (const { entries } of people)
    for (const { acknowledgement } of entries) {
      const body = acknowledgement?.body
      if (typeof body === 'object' && body !== null && 'updatedAt' in body)
        days.add(String(body.updatedAt).slice(0, 10))
    }
  return days
}

async function demandEnd({ people }: World, jump: () => void): Promise<void> {
  for (const { client } of people) await client.getSession()
  jump()
  for (const { client } of people) {
    const code = await client.getSession().then(
      () => 'ok',
      (error: unknown) => (error instanceof TaskwellError ? error.problem.code : String(error)),
    )
    demand(code === 'unauthenticated', `a session of 40 days ago was answered ${code}`)
  }
}

function findLibrary(): string | undefined {
  const base = '/usr/lib'
  const folders = existsSync(base) ? readdirSync(base).map((name) => join(base, name, 'faketime')) : []
  return folders.map((folder) => join(folder, 'libfaketime.so.1')).find((file) => existsSync(file))
}
