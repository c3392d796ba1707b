import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { tellBudget } from './budget.ts'
import { cases } from './cases.ts'
import { compare } from './compare.ts'
import { measureGrowth } from './growth.ts'
import { generator, measure, type Measured } from './load.ts'
import { median, type Result, type Round, tellResult, writeReport } from './report.ts'
import { startReference, startTaskwell, type Subject } from './servers.ts'

/**
 * Compares Taskwell with a bare server written by hand, in one run on one machine: servers on the first core, the load on
 * the second, rounds alternating between the two. Ends with 1 when a ratio is below its floor.
 */
const { values: options } = parseArgs({
  options: {
    /** In less than a minute, without what else is measured. */
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** Whole ones: wrk takes no others. */
    seconds: { type: 'string' },
    tasks: { type: 'string', default: '1000' },
    /** Part of the name of the cases to run. */
    only: { type: 'string', default: '' },
    /** Writes the tables into docs/performance.md. */
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds ?? (options.short ? 1 : 5))
const seconds = Number(options.seconds ?? (options.short ? 2 : 4))

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const subjects: Subject[] = []
const results: Result[] = []
try {
  const tasks = Number(options.tasks)
  const reference = await started(startReference(folder, tasks))
  const taskwell = await started(startTaskwell(folder, tasks))
  await setTimeout(options.short ? 0 : 3000)
  const idle = taskwell.memory()
  console.log(
    `start to first reply ${taskwell.startMs.toFixed(0)} ms, idle ${idle.toFixed(0)} MB; ${tasks} tasks, load by ${generator}`,
  )
  let afterLists = Number.NaN
  for (const candidate of cases.filter(({ name }) => name.includes(options.only))) {
    const result = {
      ...candidate,
      rounds: await compare(candidate, { taskwell, reference }, { rounds, seconds, folder }),
    }
    console.log(tellResult(result))
    results.push(result)
    if (candidate.name.startsWith('list')) afterLists = taskwell.memory()
  }
  const halfLoad = options.short ? undefined : await measureHalfLoad({ taskwell, reference }, results[0])
  console.log(`memory after the lists ${afterLists.toFixed(0)} MB, at the end ${taskwell.memory().toFixed(0)} MB`)
  if (options.write) {
    const growth = await measureGrowth(folder)
    writeReport({ results, idle, afterLists, startMs: taskwell.startMs, halfLoad, growth })
  }
  process.exitCode = results.some(isFarOff) ? 1 : 0
} finally {
  for (const subject of subjects) await subject.stop()
  rmSync(folder, { recursive: true, force: true })
}

// The profile is written when the server ends.
const { PROFILE } = process.env
const [measured] = results
if (PROFILE !== undefined && measured) {
  tellBudget(PROFILE, median(measured.rounds.map(({ taskwell }) => taskwell.cpu)))
}

async function started(subject: Promise<Subject>): Promise<Subject> {
  const running = await subject
  subjects.push(running)
  return running
}

/** Lists at half the rate that was the most, as a busy server has them: of both, for the machine has its share in what is slow. */
async function measureHalfLoad(
  subjects: { taskwell: Subject; reference: Subject },
  result: Result | undefined,
): Promise<Round | undefined> {
  const [list] = cases
  if (!result || !list) return undefined
  const half = async (name: 'taskwell' | 'reference'): Promise<Measured> => {
    const rate = median(result.rounds.map((round) => round[name].perSecond)) / 2
    const measured = await measure(subjects[name], { ...list.load, rate }, seconds * 2, folder)
    const [p50, p99] = [measured.p50.toFixed(2), measured.p99.toFixed(2)]
    console.log(`${name} at half that rate, ${measured.perSecond.toFixed(0)} a second: p50 ${p50} ms, p99 ${p99} ms`)
    return measured
  }
  const round = { taskwell: await half('taskwell'), reference: await half('reference') }
  const failures = round.taskwell.failures + round.reference.failures
  if (failures === 0) return round
  // They are not among the times, and would have been the slowest.
  console.error(`${failures} of these requests failed: the times mean nothing and are left out`)
  return undefined
}

/** Other programs on the machine may disturb a run, but hardly both the rate and the time of the processor. */
function isFarOff({ name, floor, rounds }: Result): boolean {
  const rates = rounds.map(({ taskwell, reference }) => taskwell.perSecond / reference.perSecond)
  const costs = rounds.map(({ taskwell, reference }) => reference.cpu / taskwell.cpu).filter(Number.isFinite)
  const best = Math.max(...rates, ...costs)
  if (best >= floor) return false
  console.error(`${name}: × ${best.toFixed(2)} is far off; at least ${floor} is expected`)
  return true
}
