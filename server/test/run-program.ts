import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findSecrets } from './log-secrets.ts'

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** From its start to its end. */
  readonly milliseconds: number
}

export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

export interface Server extends Program {
  /** The address that it printed. */
  readonly url: string
}

type Settings = Readonly<Record<string, string>>

const source = join(import.meta.dirname, '../src')
/** As the npm scripts set it: a second start is twice as fast. */
const compileCache = join(import.meta.dirname, '../../node_modules/.cache/node')
const running = new Set<Program>()
const folders: string[] = []
/** What programs have written since the last `cleanUp`. */
const logs: string[] = []

/** Runs the command line in a process of its own, until it ends; `input` is what it may read. */
export function runCommand(args: readonly string[], settings: Settings = {}, input = ''): Promise<Ended> {
  return startProgram('cli/main.ts', args, settings, input).ended
}

/**
 * Starts the server in a process of its own, with such options of Node. What it does before it listens, or instead, is up
 * to the caller.
 */
export function startServerProgram(settings: Settings, options: readonly string[] = []): Program {
  return startProgram('main.ts', [], { PORT: '0', ...settings }, '', options)
}

/** Starts the server and waits until it has printed its address. @throws when it ends instead. */
export async function startServer(settings: Settings, options: readonly string[] = []): Promise<Server> {
  const program = startServerProgram(settings, options)
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    program.child.stdout?.on('data', (text: string) => {
      output += text
      const [, address] = /ready: (\S+)[^\n]*\n/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
    void program.ended.then(({ code, stderr }) => reject(new Error(`The server ended with ${code}: ${stderr}`)))
  })
  return { ...program, url }
}

/** A folder that is not there yet, in one that `cleanUp` removes. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-program-'))
  folders.push(folder)
  return join(folder, 'data')
}

/** Ends what a test left running, and removes its folders. @throws when a log held what opens an account */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop('SIGKILL')))
  for (const folder of folders.splice(0)) if (existsSync(folder)) rmSync(folder, { recursive: true })
  const told = findSecrets(logs.splice(0).flatMap(linesOf))
  if (told.length > 0) throw new Error(`A log holds ${told.join(', ')}`)
}

/** Whole lines of a log, which are JSON where no person reads them. */
function linesOf(output: string): object[] {
  return output.split('\n').flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []))
}

/** Its environment has the settings and nothing of ours, so that a developer's own settings do not matter. */
function startProgram(
  file: string,
  args: readonly string[],
  settings: Settings,
  input = '',
  options: readonly string[] = [],
): Program {
  const begun = performance.now()
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [...options, join(source, file), ...args], {
    env: { PATH, HOME, TMPDIR, LOG_LEVEL: 'warn', NODE_COMPILE_CACHE: compileCache, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // Not everybody reads it.
  child.stdin.on('error', () => {}).end(input)
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => void (output[stream] += text))
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      running.delete(program)
      logs.push(output.stdout)
      resolve({ code, ...output, milliseconds: performance.now() - begun })
    })
  })
  const program: Program = {
    child,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
  running.add(program)
  return program
}
