import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createClient } from '@taskwell/api'

/** A running server. */
export interface Running {
  readonly url: string
  /** From the start of the process to the first reply, in milliseconds. */
  readonly startMs: number
  /** Resident memory now, in megabytes. */
  memory(): number
  /** Time of the processor that it has taken so far, in microseconds; NaN where the system does not tell. */
  cpu(): number
  stop(): Promise<void>
}

/** A running server with one user and tasks of hers. */
export interface Subject extends Running {
  readonly name: string
  readonly authorization: string
  readonly taskId: string
}

const root = join(import.meta.dirname, '../..')

/** Starts the bare server, on the first core, with a database in `folder`. */
export async function startReference(folder: string, tasks: number): Promise<Subject> {
  const program = join(import.meta.dirname, 'reference-server.ts')
  return startBare([program, join(folder, 'reference.db'), String(tasks)], join(folder, 'reference.log'))
}

/** The bare server on PostgreSQL, on an empty database. */
export async function startPostgresReference(folder: string, databaseUrl: string, tasks: number): Promise<Subject> {
  const program = join(import.meta.dirname, 'reference-postgres.ts')
  return startBare([program, databaseUrl, String(tasks)], join(folder, 'reference-postgres.log'))
}

async function startBare(args: readonly string[], output: string): Promise<Subject> {
  const begun = performance.now()
  const child = onCore(0, args, { env: {}, output })
  const [, url = '', token = '', taskId = ''] = await outputOf(child, output, /ready: (\S+) (\S+) (\S+)\n/)
  const startMs = performance.now() - begun
  return { name: 'reference', url, authorization: `Bearer ${token}`, taskId, startMs, ...handleOf(child) }
}

/**
 * Starts Taskwell, on the first core, as its users run it: validation, security headers, a log line for each request, and
 * limits, which are only set high.
 */
export async function startTaskwell(
  folder: string,
  tasks: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<Subject> {
  const name = settings['DATABASE_URL'] === undefined ? 'taskwell' : 'taskwell on PostgreSQL'
  const dataDir = join(folder, name.replaceAll(' ', '-'))
  mkdirSync(dataDir, { recursive: true })
  const all = { DATA_DIR: dataDir, AUTH_SECRET: randomBytes(32).toString('hex'), ...highLimits, ...settings }
  const { email, password } = seedStore(all, tasks)
  const server = await runTaskwell(all, join(folder, `${name}.log`))
  const client = createClient({ baseUrl: server.url })
  const { headers } = await client.login({ body: { email, password } })
  const token = headers.get('set-auth-token') ?? ''
  const { body } = await createClient({ baseUrl: server.url, token: () => token }).listTasks({ query: { limit: 1 } })
  return { ...server, name, authorization: `Bearer ${token}`, taskId: body.items[0]?.id ?? '' }
}

/** Makes a user with so many tasks. */
export function seedStore(
  settings: Readonly<Record<string, string>>,
  tasks: number,
): { email: string; password: string } {
  const program = join(root, 'server/src/cli/main.ts')
  const env = { ...surroundings(), ...settings }
  const seeded = execFileSync(process.execPath, [program, 'seed', '--tasks', String(tasks)], { env, encoding: 'utf8' })
  const [, email = '', password = ''] = /for (\S+), password (\S+)/.exec(seeded) ?? []
  return { email, password }
}

/** Runs Taskwell with the options of `npm start`, on the store that the settings name. */
export async function runTaskwell(settings: Readonly<Record<string, string>>, output: string): Promise<Running> {
  const { PROFILE } = process.env
  const profiling = PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`]
  const program = [...profiling, '--max-semi-space-size=4', join(root, 'server/src/main.ts')]
  const begun = performance.now()
  const env = { ...surroundings(), ...settings, PORT: '0', NODE_ENV: 'production' }
  const child = onCore(0, program, { env, output })
  const [, url = ''] = await outputOf(child, output, /ready: (\S+)\n/)
  await fetch(`${url}/health`)
  const startMs = performance.now() - begun
  return { url: url.replace('localhost', '127.0.0.1'), startMs, ...handleOf(child) }
}

/** What programs need to run at all. */
function surroundings(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR }
}

/** Limits that no load reaches. */
export const highLimits = { LIMIT_READS: '999999999', LIMIT_WRITES: '999999999', LIMIT_TASKS: '999999999' }

/** Runs a Node program on one core, where the system can do that; its output goes to a file, if there is one named. */
export function onCore(
  core: 0 | 1,
  args: readonly string[],
  { env, output }: { env: NodeJS.ProcessEnv; output?: string },
): ChildProcess {
  const stdio: StdioOptions = ['ignore', output === undefined ? 'pipe' : openSync(output, 'w'), 'inherit']
  if (process.platform !== 'linux') return spawn(process.execPath, args, { env, stdio })
  return spawn('taskset', ['-c', String(core), process.execPath, ...args], { env, stdio })
}

/** Keeps this process on one core, where the system can do that. */
export function pinTo(core: 0 | 1): void {
  if (process.platform === 'linux') execFileSync('taskset', ['-cp', String(core), String(process.pid)])
}

/** What the pattern finds in the output of the program. */
async function outputOf(child: ChildProcess, file: string, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const output = readFileSync(file, 'utf8')
    const found = pattern.exec(output)
    if (found) return found
    if (child.exitCode !== null) throw new Error(`A server ended with ${child.exitCode}: ${output}`)
    await setTimeout(5)
  }
}

function handleOf(child: ChildProcess): Pick<Running, 'memory' | 'cpu' | 'stop'> {
  return {
    memory: () => residentMegabytes(child.pid),
    cpu: () => processorMicroseconds(child.pid),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function residentMegabytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return Number.NaN
  const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

/** Linux counts in hundredths of a second. */
function processorMicroseconds(pid: number | undefined): number {
  if (process.platform !== 'linux') return Number.NaN
  const [user = Number.NaN, system = Number.NaN] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) * 10_000
}
