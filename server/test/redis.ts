import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { findFreePort } from './postgres.ts'

/** A real Redis of a test's own, without anything on disk. */
export interface RedisServer {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
  /** It keeps its connections and answers nothing. */
  hang(): void
  goOn(): void
  /** Leaves no room for what is written, or takes that back. */
  setFull(isFull: boolean): Promise<void>
}

/** Whether the system has the program. Without it tests that need it are left out, loudly, and fail where CI is set. */
export const hasRedis = findProgram()

function findProgram(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true
  const message = 'redis-server is missing, so nothing is tested with Redis: apt-get install redis-server'
  if (process.env['CI']) throw new Error(message)
  process.stderr.write(`\n*** ${message} ***\n\n`)
  return false
}

export async function createRedisServer(): Promise<RedisServer> {
  const port = await findFreePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined

  async function stop(): Promise<void> {
    if (server?.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise((resolve) => server?.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
  }

  async function start(): Promise<void> {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    server = spawn('redis-server', args, { stdio: 'ignore' })
    while (!(await answers(url))) await pause(20)
  }

  return {
    url,
    start,
    stop,
    hang: () => void server?.kill('SIGSTOP'),
    goOn: () => void server?.kill('SIGCONT'),
    setFull: async (isFull) => {
      const client = await createClient({ url }).connect()
      await client.configSet('maxmemory', isFull ? '1' : '0')
      client.destroy()
    },
  }
}

async function answers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false } }).on('error', () => {})
  try {
    await client.connect()
    client.destroy()
    return true
  } catch {
    return false
  }
}
