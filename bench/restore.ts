import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../server/src/config.ts'
import { backUpManyTimes } from './back-up-many-times.ts'
import { createDatabase, createPostgres } from '../server/test/postgres.ts'

/** Measures how long a backup takes to restore on SQLite and PostgreSQL; ends with 1 if one takes longer than this for a million tasks. */
const longestSeconds = 120

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    /** A backup with so many tasks; it is made first if it is not there, and kept. */
    backup: { type: 'string' },
    /** One of `make`, `sqlite` and `postgres`. */
    only: { type: 'string' },
  },
})
const tasks = Number(options.tasks)
const tasksAnAccount = 10_000
const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const file = options.backup ?? join(folder, 'bench.backup')
const goal = (longestSeconds * tasks) / 1_000_000
try {
  if (!existsSync(file)) await make()
  console.log(`${file}: ${tasks} tasks, ${(statSync(file).size / 1e6).toFixed(0)} MB`)
  const figures = [
    ...(isWanted('sqlite') ? [restore('SQLite', `file:${join(folder, 'restored.db')}`)] : []),
    ...(isWanted('postgres') ? [await restoreIntoPostgres()] : []),
  ]
  process.exitCode = figures.every((seconds) => seconds <= goal) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function isWanted(part: 'sqlite' | 'postgres'): boolean {
  return options.only === undefined || options.only === part
}

async function make(): Promise<void> {
  const seeded = Math.min(tasks, tasksAnAccount)
  const settings = { DATA_DIR: join(folder, 'source'), SQLITE_SYNCHRONOUS: 'normal' }
  taskwell(['seed', '--tasks', String(seeded)], settings)
  await backUpManyTimes(readConfig(settings).database, tasks / seeded, file)
}

async function restoreIntoPostgres(): Promise<number> {
  const postgres = await createPostgres({ durable: true })
  try {
    await postgres.start()
    await createDatabase(postgres.url, 'restored')
    return restore('PostgreSQL', `${postgres.url}restored`)
  } finally {
    await postgres.remove()
  }
}

function restore(name: string, url: string): number {
  const settings = { DATA_DIR: join(folder, 'data'), DATABASE_URL: url }
  return tell(`restored on ${name} (goal: ${goal} s)`, () => taskwell(['restore', file], settings))
}

function tell(what: string, work: () => void): number {
  const begun = performance.now()
  work()
  const seconds = (performance.now() - begun) / 1000
  console.log(`${what}: ${seconds.toFixed(1)} s`)
  return seconds
}

function taskwell(args: readonly string[], settings: Readonly<Record<string, string>>): void {
  const { PATH, HOME, TMPDIR } = process.env
  const program = join(import.meta.dirname, '../server/src/cli/main.ts')
  execFileSync(process.execPath, [program, ...args], {
    env: { PATH, HOME, TMPDIR, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
