import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Case } from './cases.ts'
import { type Growth, sizes } from './growth.ts'
import { generator, type Measured } from './load.ts'

export interface Round {
  readonly taskwell: Measured
  readonly reference: Measured
}

export interface Result extends Case {
  readonly rounds: readonly Round[]
}

/** One line for a terminal. */
export function tellResult({ name, goal, rounds }: Result): string {
  const { ratio, spread, processor } = ratiosOf(rounds)
  const [ours, theirs] = [rounds.map(({ taskwell }) => taskwell), rounds.map(({ reference }) => reference)]
  const failures = [...ours, ...theirs].reduce((sum, measured) => sum + measured.failures, 0)
  return [
    name.padEnd(32),
    `× ${ratio} (${spread}), goal ${goal}`.padEnd(32),
    `${middle(ours, 'perSecond', 0)} to ${middle(theirs, 'perSecond', 0)} a second`.padEnd(28),
    `${middle(ours, 'cpu', 0)} to ${middle(theirs, 'cpu', 0)} µs: × ${processor}`.padEnd(28),
    `p50 ${middle(ours, 'p50')} to ${middle(theirs, 'p50')} ms, p99 ${middle(ours, 'p99')} to ${middle(theirs, 'p99')} ms`,
    failures > 0 ? `  failures: ${failures}` : '',
  ].join(' ')
}

interface Report {
  readonly results: readonly Result[]
  readonly idle: number
  readonly afterLists: number
  readonly startMs: number
  /** Lists at half of the most load. */
  readonly halfLoad: Round | undefined
  readonly growth: readonly Growth[]
}

const file = join(import.meta.dirname, '../../docs/performance.md')

/** Puts the tables in their place in the document. */
export function writeReport(report: Report): void {
  const text = readFileSync(file, 'utf8')
  const [before = '', rest = ''] = text.split('<!-- measured -->\n')
  const [, after = ''] = rest.split('<!-- end -->\n')
  writeFileSync(file, `${before}<!-- measured -->\n\n${tables(report)}\n\n<!-- end -->\n${after}`)
}

function tables({ results, idle, afterLists, startMs, halfLoad, growth }: Report): string {
  const compared = results.map(({ name, goal, rounds }) => {
    const { ratio, spread, processor } = ratiosOf(rounds)
    const [ours, theirs] = [rounds.map(({ taskwell }) => taskwell), rounds.map(({ reference }) => reference)]
    const cpu = `${middle(ours, 'cpu', 0)} to ${middle(theirs, 'cpu', 0)}`
    return [
      name,
      `**× ${ratio}**`,
      spread,
      `× ${processor}`,
      `${goal}`,
      cpu,
      `${middle(ours, 'p99')} to ${middle(theirs, 'p99')}`,
    ]
  })
  const others = [
    ['resident memory, idle', `${idle.toFixed(0)} MB`, '120 MB'],
    ['resident memory after the lists', `${afterLists.toFixed(0)} MB`, '180 MB'],
    ['start to first reply', `${startMs.toFixed(0)} ms`, '800 ms'],
    ...(halfLoad
      ? [
          ['p99 of lists at half the most load', timesTheMedian(halfLoad.taskwell), '3 × the median'],
          ['the same of the reference', timesTheMedian(halfLoad.reference), ''],
        ]
      : []),
  ]
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}, SQLite, 64 connections, load by ${generator}.`,
    table(['case', 'requests a second', 'spread', 'by processor time', 'goal', 'µs a request', 'p99, ms'], compared),
    table(['else', 'measured', 'goal'], others),
    table(
      ['one request, ms', ...sizes.map((size) => `${size.toLocaleString('en')} tasks`)],
      growth.map(({ name, medians }) => [name, ...medians.map((value) => value.toFixed(1))]),
    ),
  ].join('\n\n')
}

function timesTheMedian({ p50, p99 }: Measured): string {
  return `${p99.toFixed(1)} ms, ${(p99 / p50).toFixed(1)} × the median`
}

/** As the formatter of this repository writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, 3, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** How many times the requests of the reference: as counted, and as the time that the processor spends on one says. */
function ratiosOf(rounds: readonly Round[]): { ratio: string; spread: string; processor: string } {
  const ratios = rounds.map(({ taskwell, reference }) => taskwell.perSecond / reference.perSecond)
  return {
    ratio: median(ratios).toFixed(2),
    spread: `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
    processor: median(rounds.map(({ taskwell, reference }) => reference.cpu / taskwell.cpu)).toFixed(2),
  }
}

function middle(measured: readonly Measured[], which: 'perSecond' | 'p50' | 'p99' | 'cpu', digits = 1): string {
  return median(measured.map((one) => one[which])).toFixed(digits)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
