import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A real server in a process of its own. */
export interface Server {
  readonly url: string
  readonly child: ChildProcess
  /** From its start until it was ready, in milliseconds. */
  readonly startedIn: number
  /** How much of that it only waited for a processor, since the machine was busy with something else. */
  readonly waitedFor: number
  output(): string
  kill(): Promise<void>
  /** Sends SIGTERM; answers the exit code. */
  stop(): Promise<number | null>
}

export interface ServerOptions {
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  /** A program that runs the server, such as strace, with its arguments. It must become the server itself. */
  readonly wrapper?: readonly string[]
  /** For Node. */
  readonly flags?: readonly string[]
  /** An open file for its log, instead of memory. */
  readonly stdout?: number
}

const root = join(import.meta.dirname, '..')
const running = new Set<ChildProcess>()
/** In milliseconds: on a machine that is busy with something else a start takes its time. How long is judged elsewhere. */
const patience = 120_000

/** The server did not start; what it said is the message. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
}

/** Starts a server and waits until it is ready. @throws {StartFailure} */
export async function startServer(options: ServerOptions): Promise<Server> {
  const begun = performance.now()
  const { child, output } = launch(options)
  const url = `http://127.0.0.1:${options.port}`
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let hasExited = false
  void exited.then(() => (hasExited = true))
  while (!(await answers(url))) {
    const isLate = performance.now() - begun > patience
    if (isLate) child.kill('SIGKILL')
    if (isLate || hasExited) throw new StartFailure(`${isLate ? 'not ready in time' : 'exited'}: ${output().trim()}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return {
    url,
    child,
    startedIn: performance.now() - begun,
    waitedFor: waitedForProcessor(child.pid),
    output,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** Starts a server without waiting for anything. */
export function launch({ port, environment, wrapper = [], flags = [], stdout }: ServerOptions): {
  child: ChildProcess
  output(): string
} {
  const node = [process.execPath, '--max-semi-space-size=4', ...flags]
  const [program = '', ...args] = [...wrapper, ...node, join(root, 'server/src/main.ts')]
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(program, args, {
    env: { PATH, HOME, TMPDIR, PORT: String(port), LIMITS: 'off', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => void (text = (text + part).slice(-1_000_000)))
  return { child, output: () => text }
}

/** Runs a command of the command line to its end, or until it is killed after so many milliseconds; in a wrapper, if there is one. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  { killAfter, wrapper = [] }: { killAfter?: number; wrapper?: readonly string[] } = {},
): Promise<{ code: number | null; output: string }> {
  const { PATH, HOME, TMPDIR } = process.env
  const [program = '', ...rest] = [...wrapper, process.execPath, join(root, 'server/src/cli/main.ts'), ...args]
  const child = spawn(program, rest, {
    env: { PATH, HOME, TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => void (output += part))
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { code, output }
}

/** Ends what a broken part left running. */
export function killLeft(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** In milliseconds; 0 where Linux does not tell. */
function waitedForProcessor(pid: number | undefined): number {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(waited) / 1e6
  } catch {
    return 0
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch {
    return false
  }
}
