import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@taskwell/api'
import pino from 'pino'
import { type Config, readConfig } from '../src/config.ts'
import type { SpaceChanged } from '../src/context.ts'
import { type Database, openDatabase } from '../src/database/open.ts'
import { type RunningServer, startServer } from '../src/start.ts'
import type { TestDatabaseKind } from './databases.ts'

export interface TestApp extends RunningServer {
  readonly config: Config
  /** A handle of the test's own on the same store. */
  readonly db: Database
  /** What the server published, oldest first. */
  readonly events: SpaceChanged[]
  /** The lines of the log, parsed. */
  readonly log: Record<string, unknown>[]
  /** Sets the server's clock; undefined gives it back the real one. */
  setNow(now: Date | undefined): void
  /** Registers somebody new. */
  createUser(name?: string, timeZone?: string): Promise<TestUser>
}

export interface TestUser {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly token: string
  readonly baseUrl: string
  readonly client: Client
}

export const password = 'correct horse battery'

/** A real server on a free port and a fresh store of that kind. Its limits are off unless the test is about them. */
export async function startApp(
  database: Pick<TestDatabaseKind, 'prepare'>,
  settings: Record<string, string> = {},
): Promise<TestApp> {
  const { config: store, remove } = await database.prepare()
  const dataDir = mkdtempSync(join(tmpdir(), 'taskwell-data-'))
  const config = { ...readConfig({ PORT: '0', DATA_DIR: dataDir, LIMITS: 'off', ...settings }), database: store }
  const events: SpaceChanged[] = []
  const log: Record<string, unknown>[] = []
  let now: Date | undefined
  const server = await startServer(config, {
    log: pino({ level: config.logLevel }, { write: (line: string) => void log.push(JSON.parse(line)) }),
    now: () => now ?? new Date(),
    onChange: (event) => void events.push(event),
  })
  const db = openDatabase(store)
  return {
    ...server,
    config,
    db,
    events,
    log,
    setNow: (value) => void (now = value),
    createUser: (name = 'Ada', timeZone = 'UTC') => createUser(server.baseUrl, name, timeZone),
    stop: async () => {
      await db.destroy()
      await server.stop()
      remove()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function createUser(baseUrl: string, name: string, timeZone: string): Promise<TestUser> {
  const email = `${randomBytes(6).toString('hex')}@example.com`
  const { body, headers } = await createClient({ baseUrl }).register({ body: { name, email, password, timeZone } })
  const token = headers.get('set-auth-token') ?? ''
  return { id: body.user.id, email, password, token, baseUrl, client: createClient({ baseUrl, token: () => token }) }
}
