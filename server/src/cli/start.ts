import { type Config, readConfig } from '../config.ts'
import type { RunningServer } from '../start.ts'
import { version } from '../version.ts'
import { fail } from './fail.ts'

/** Runs the server until it is told to stop. What keeps it from starting is said in one line, with exit code 1. */
export async function runServer(): Promise<void> {
  const { config, server } = await start().catch(fail)
  const address = config.baseUrl === undefined ? '' : ` (listening on ${server.address})`
  console.log(`Taskwell ${version} is ready: ${server.baseUrl}${address}`)
  const stop = (): void => {
    // A second signal ends the process the ordinary way.
    for (const signal of signals) process.off(signal, stop)
    server.stop().then(() => process.exit(0), fail)
  }
  for (const signal of signals) process.on(signal, stop)
}

async function start(): Promise<{ config: Config; server: RunningServer }> {
  const config = readConfig()
  // Most of the start is reading the program: a wrong setting is told before that.
  const { startServer } = await import('../start.ts')
  return { config, server: await startServer(config) }
}

const signals = ['SIGTERM', 'SIGINT'] as const
