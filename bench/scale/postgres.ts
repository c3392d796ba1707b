import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createDatabase, createPostgres } from '../../server/test/postgres.ts'
import { cases } from '../throughput/cases.ts'
import { compare } from '../throughput/compare.ts'
import { tellResult } from '../throughput/report.ts'
import { startPostgresReference, startTaskwell } from '../throughput/servers.ts'

/**
 * The same comparison on PostgreSQL, which waits for the disk with every commit: one Taskwell, and a bare loop around
 * `pg`. Ends with 1 when a ratio is below its floor.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '4' },
    tasks: { type: 'string', default: '1000' },
    /** Part of the name of the cases to run. */
    only: { type: 'string', default: '' },
  },
})
const goal = 0.8
const floor = 0.2
const [rounds, seconds, tasks] = [options.rounds, options.seconds, options.tasks].map(Number)
if (rounds === undefined || seconds === undefined || tasks === undefined) throw new Error('Numbers are missing')

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const postgres = await createPostgres({ durable: true })
try {
  await postgres.start()
  for (const name of ['taskwell', 'bare']) await createDatabase(postgres.url, name)
  const reference = await startPostgresReference(folder, `${postgres.url}bare`, tasks)
  const taskwell = await startTaskwell(folder, tasks, { DATABASE_URL: `${postgres.url}taskwell` })
  try {
    const compared = cases.filter(({ name }) => name === 'list of 20, unchanged' || name.startsWith('create'))
    const wanted = compared.filter(({ name }) => name.includes(options.only))
    for (const candidate of wanted) {
      const found = await compare(candidate, { taskwell, reference }, { rounds, seconds, folder })
      const result = { ...candidate, goal, floor, rounds: found }
      console.log(`PostgreSQL: ${tellResult(result)}`)
      const best = Math.max(...found.map((round) => round.taskwell.perSecond / round.reference.perSecond))
      if (best < floor) process.exitCode = 1
    }
  } finally {
    await taskwell.stop()
    await reference.stop()
  }
} finally {
  await postgres.remove()
  rmSync(folder, { recursive: true, force: true })
}
