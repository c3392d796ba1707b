import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, cases } from './cases.ts'
import { generator, measure, type Measured } from './load.ts'
import { startReference, startTaskwell, type Subject } from './servers.ts'

/**
 * Compares Taskwell with a bare server written by hand, in one run on one machine: servers on the first core, the load on
 * the second, rounds alternating between the two.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    tasks: { type: 'string', default: '1000' },
    /** Part of the name of the cases to run. */
    only: { type: 'string', default: '' },
  },
})

interface Round {
  readonly taskwell: Measured
  readonly reference: Measured
}

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const subjects: Subject[] = []
try {
  const tasks = Number(options.tasks)
  const reference = await started(startReference(folder, tasks))
  const taskwell = await started(startTaskwell(folder, tasks))
  console.log(`idle: ${taskwell.memory().toFixed(0)} MB; load by ${generator}, ${tasks} tasks`)
  for (const candidate of cases.filter(({ name }) => name.includes(options.only))) {
    console.log(describe(candidate, await rounds(candidate, { taskwell, reference })))
  }
  console.log(`afterwards: ${taskwell.memory().toFixed(0)} MB`)
} finally {
  for (const subject of subjects) await subject.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function started(subject: Promise<Subject>): Promise<Subject> {
  const running = await subject
  subjects.push(running)
  return running
}

async function rounds(
  { load, taskwellHeaders, beside }: Case,
  { taskwell, reference }: { taskwell: Subject; reference: Subject },
): Promise<Round[]> {
  const headers = await taskwellHeaders?.(taskwell)
  const seconds = Number(options.seconds)
  const results: Round[] = []
  // The first round warms up.
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    const theirs = await measure(reference, load, round === 0 ? 1 : seconds, folder)
    const end = beside?.(taskwell)
    const ours = await measure(taskwell, { ...load, ...(headers && { headers }) }, round === 0 ? 2 : seconds, folder)
    end?.()
    if (round > 0) results.push({ taskwell: ours, reference: theirs })
  }
  return results
}

function describe({ name, goal }: Case, results: readonly Round[]): string {
  const ratios = results
    .map(({ taskwell, reference }) => taskwell.perSecond / reference.perSecond)
    .toSorted((a, b) => a - b)
  const failures = results.reduce((sum, { taskwell, reference }) => sum + taskwell.failures + reference.failures, 0)
  const spread = `${ratios.at(0)?.toFixed(2)}–${ratios.at(-1)?.toFixed(2)}`
  const ours = results.map(({ taskwell }) => taskwell)
  const theirs = results.map(({ reference }) => reference)
  return [
    name.padEnd(36),
    `× ${median(ratios).toFixed(2)} (${spread}), goal ${goal}`.padEnd(36),
    `${rate(ours)} to ${rate(theirs)} a second`.padEnd(32),
    `${time(ours, 'cpu')} to ${time(theirs, 'cpu')} µs`.padEnd(22),
    `p50 ${time(ours, 'p50')} to ${time(theirs, 'p50')} ms, p99 ${time(ours, 'p99')} to ${time(theirs, 'p99')} ms`,
    failures > 0 ? `  FAILURES: ${failures}` : '',
  ].join(' ')
}

function rate(measured: readonly Measured[]): string {
  return median(measured.map(({ perSecond }) => perSecond)).toFixed(0)
}

function time(measured: readonly Measured[], which: 'p50' | 'p99' | 'cpu'): string {
  return median(measured.map((one) => one[which])).toFixed(1)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
