import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seedStore, runTaskwell } from '../throughput/servers.ts'

/** From the start of the process to its first reply, on an empty store and on a large one; ends with 1 above these. */
const longest = { empty: 800, full: 1_000 }

const { values: options } = parseArgs({
  options: { tasks: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '5' } },
})

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
try {
  const empty = await measureStart('empty', 0)
  const full = await measureStart('full', Number(options.tasks))
  console.log(`an empty store: ${empty.toFixed(0)} ms (goal: ${longest.empty})`)
  console.log(`${options.tasks} tasks: ${full.toFixed(0)} ms (goal: ${longest.full})`)
  process.exitCode = empty > longest.empty || full > longest.full ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The median; the first start, which fills the cache of compiled code, does not count. */
async function measureStart(name: string, tasks: number): Promise<number> {
  const settings = { DATA_DIR: join(folder, name), AUTH_SECRET: 'x'.repeat(32), SQLITE_SYNCHRONOUS: 'normal' }
  seedStore(settings, tasks)
  const times: number[] = []
  for (let run = -1; run < Number(options.runs); run += 1) {
    const server = await runTaskwell(settings, join(folder, `${name}.log`))
    if (run >= 0) times.push(server.startMs)
    await server.stop()
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
