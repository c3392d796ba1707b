import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createDatabase, createPostgres, type PostgresServer } from '../server/test/postgres.ts'
import { type CommitCutter, createCommitCutter } from './commit-cutter.ts'
import { acknowledged } from './kill.ts'
import { pause, repeatSome, settle, startLoad } from './load.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, startServer } from './server.ts'
import { verify } from './verify.ts'
import { createWorld } from './world.ts'

export const postgres: Part = {
  name: 'postgres',
  promise: 'PostgreSQL crashes, hangs up, or its answer to COMMIT is cut off, and every write has its one true result',
  run,
}

interface Stage {
  readonly database: PostgresServer
  readonly url: string
  readonly cutter: CommitCutter
  readonly random: Random
}

/** Each breaks something while clients write, and mends it again. Answers how often it did. */
const faults: Readonly<Record<string, (stage: Stage) => Promise<number>>> = {
  'crash of PostgreSQL': async ({ database, random }) => {
    await pause(100 + random.below(800))
    await database.kill()
    await pause(random.below(500))
    await startAgain(database)
    return 1
  },
  'connections terminated': async ({ url }) => {
    let count = 0
    for (let time = 0; time < 15; time += 1, await pause(100)) count += await terminateAll(url)
    return count
  },
  'COMMIT cut off': async ({ cutter }) => {
    const before = cutter.count()
    cutter.start()
    await pause(1_500)
    cutter.stop()
    return cutter.count() - before
  },
}

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 1 : 20)
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-faults-'))
  const database = await createPostgres({ durable: true })
  await database.start()
  await createDatabase(database.url, 'faults')
  const url = `${database.url}faults`
  const cutter = await createCommitCutter(Number(new URL(url).port), random)
  const through = Object.assign(new URL(url), { port: String(cutter.port) }).href
  const environment = { DATA_DIR: folder, DATABASE_URL: through, LOG_LEVEL: 'error' }
  const server = await startServer({ port: await findFreePort(), environment })
  const figures: string[] = []
  try {
    for (const [name, breakIt] of Object.entries(faults)) {
      const world = await createWorld(server.url, random)
      let broken = 0
      let unanswered = 0
      for (let round = 0; round < count; round += 1) {
        const load = startLoad(world)
        broken += await breakIt({ database, url, cutter, random })
        await load.stop()
        unanswered += await settle(world)
        await repeatSome(world, 5)
        await verify(world, { kind: 'postgres', url })
        demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
      }
      figures.push(
        `${name}: ${broken} in ${count} rounds, ${acknowledged(world)} acknowledged, ${unanswered} sent again`,
      )
      await world.close()
      demand(broken > 0, `${name}: nothing was broken, so nothing was tested`)
    }
  } finally {
    await server.kill()
    await cutter.close()
    await database.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures.join('; ')
}

/** Its processes take a moment to notice that their parent is gone; until then it cannot start. */
async function startAgain(database: PostgresServer): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await database.start()
    } catch (error) {
      if (attempt === 50) throw error
      await pause(200)
    }
  }
}

async function terminateAll(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    return rowCount ?? 0
  } finally {
    await client.end()
  }
}
