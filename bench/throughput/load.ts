import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onCore, type Subject } from './servers.ts'

/** Requests that are sent over and over. */
export interface Load {
  readonly method: 'GET' | 'POST'
  readonly path: (subject: Subject) => string
  readonly headers?: Readonly<Record<string, string>>
  /** A body of JSON; each request gets an idempotency key of its own then. */
  readonly body?: string
  readonly connections: number
  /** Requests a second; as many as possible without it. */
  readonly rate?: number
}

export interface Measured {
  readonly perSecond: number
  /** In milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Replies other than 2xx and 304, broken connections, and with wrk those that took more than two seconds. */
  readonly failures: number
  /** What the server's processor spent on a request, in microseconds: other programs on the machine change it least. */
  readonly cpu: number
}

type Told = Omit<Measured, 'cpu'>

const execute = promisify(execFile)
const hasWrk = isInstalled('wrk')

/** What makes the load: wrk where it is installed, since it takes less of the machine. */
export const generator = hasWrk ? 'wrk' : 'Node'

/** Puts load on the subject from the second core. A fixed rate is always Node's. */
export async function measure(subject: Subject, load: Load, seconds: number, folder: string): Promise<Measured> {
  const before = subject.cpu()
  const told =
    hasWrk && load.rate === undefined
      ? await withWrk(subject, load, seconds, folder)
      : await withNode(subject, load, seconds)
  return { ...told, cpu: (subject.cpu() - before) / (told.perSecond * seconds) }
}

/** The event loop goes on meanwhile: other load may come from here. */
async function withWrk(subject: Subject, load: Load, seconds: number, folder: string): Promise<Told> {
  const script = join(folder, 'load.lua')
  const headers = { authorization: subject.authorization, ...load.headers }
  writeFileSync(script, luaScript({ ...load, headers }))
  const url = subject.url + load.path(subject)
  const options = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '-s', script, url]
  const pinned = process.platform === 'linux' ? ['taskset', '-c', '1', 'wrk'] : ['wrk']
  const { stdout } = await execute(pinned[0] ?? 'wrk', [...pinned.slice(1), ...options])
  const [, json = '{}'] = /^result (.*)$/m.exec(stdout) ?? []
  return JSON.parse(json)
}

/** wrk counts 304 as fine by itself; its times are microseconds. */
function luaScript({ method, headers = {}, body }: Load): string {
  const setHeaders = Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`)
  return `
wrk.method = ${quote(method)}
${setHeaders.join('\n')}
${body === undefined ? '' : postScript(body)}
function done(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('result {"perSecond":%.1f,"p50":%.3f,"p99":%.3f,"failures":%d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failures))
end`
}

function postScript(body: string): string {
  return `
wrk.headers["content-type"] = "application/json"
wrk.body = ${quote(body)}
local count = 0
local run = tostring(os.time()) .. tostring({})
function request()
  count = count + 1
  wrk.headers["idempotency-key"] = run .. count
  return wrk.format()
end`
}

/** A string as Lua reads it. */
function quote(text: string): string {
  return JSON.stringify(text)
}

async function withNode(subject: Subject, load: Load, seconds: number): Promise<Told> {
  const job = { ...load, url: subject.url + load.path(subject), authorization: subject.authorization, seconds }
  const program = join(import.meta.dirname, 'node-load.ts')
  const child = onCore(1, [program, JSON.stringify(job)], { env: process.env })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (output += text))
  await once(child, 'exit')
  return JSON.parse(output)
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
