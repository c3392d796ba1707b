import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { join } from 'node:path'

export interface ServerProcess {
  readonly url: string
  /** From the start of the process to the first reply, in milliseconds. */
  readonly startMs: number
  /** Resident memory now. */
  megabytes(): number
  /** The reply of a plain request on one kept connection: the measuring should cost little. @throws when it is not 200 */
  get<T>(path: string, token?: string): Promise<T>
  stop(): Promise<void>
}

/** Starts a server of its own process on the database that the settings name. */
export async function startServerProcess(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const begun = performance.now()
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [join(import.meta.dirname, '../server/src/main.ts')], {
    env: { PATH, HOME, TMPDIR, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await addressOf(child)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const get = <T>(path: string, token?: string): Promise<T> => fetchJson<T>(agent, url + path, token)
  await get('/health')
  return {
    url,
    startMs: performance.now() - begun,
    megabytes: () => residentMegabytes(child.pid),
    get,
    stop: async () => {
      agent.destroy()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, address] = /ready: (\S+)\n/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}`)))
  })
}

function fetchJson<T>(agent: Agent, url: string, token?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    request(url, { agent, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => void parts.push(part))
      response.once('end', () => {
        const text = Buffer.concat(parts).toString()
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${url} answered ${response.statusCode}: ${text}`))
      })
    })
      .once('error', reject)
      .end()
  })
}

function residentMegabytes(pid: number | undefined): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}
