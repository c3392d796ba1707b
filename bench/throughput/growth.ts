import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { startTaskwell, type Subject } from './servers.ts'

/** What something costs as the tasks of the user become more. */
export interface Growth {
  readonly name: string
  /** Milliseconds, the median of requests that differ, so that none is answered from memory; for each of the sizes. */
  readonly medians: readonly number[]
}

export const sizes = [1_000, 10_000, 100_000]
const runs = 25
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney']

const asked: readonly (readonly [name: string, path: (run: number) => string])[] = [
  ['list', (run) => `/api/tasks?limit=${20 + run}`],
  ['`due=week`', (run) => `/api/tasks?due=week&sort=dueDate&limit=${20 + run}`],
  ['search for two words', (run) => `/api/tasks?q=call%20plumber&limit=${20 + run}`],
  ['statistics', (run) => `/api/dashboard/stats?days=${30 + run}`],
]

/** One request after another, at a user with so many tasks. */
export async function measureGrowth(folder: string): Promise<Growth[]> {
  const columns: number[][] = []
  for (const size of sizes) {
    const place = join(folder, `growth-${size}`)
    mkdirSync(place)
    const subject = await startTaskwell(place, size)
    try {
      columns.push(await measureAll(subject))
    } finally {
      await subject.stop()
    }
    console.log(
      `${size} tasks: ${asked.map(([name], at) => `${name} ${columns.at(-1)?.[at]?.toFixed(1)} ms`).join(', ')}`,
    )
  }
  return asked.map(([name], at) => ({ name, medians: columns.map((column) => column[at] ?? Number.NaN) }))
}

async function measureAll(subject: Subject): Promise<number[]> {
  const medians: number[] = []
  for (const [, path] of asked) {
    const times: number[] = []
    for (let run = -5; run < runs; run += 1) {
      const zone = zones[(run + 5) % zones.length] ?? 'UTC'
      const begun = performance.now()
      const response = await fetch(`${subject.url}${path(run + 5)}&timeZone=${zone}`, {
        headers: { authorization: subject.authorization },
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`${path(run)} answered ${response.status}`)
      if (run >= 0) times.push(performance.now() - begun)
    }
    medians.push(times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN)
  }
  return medians
}
