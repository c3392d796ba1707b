import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { type Config, readConfig } from '../src/config.ts'
import type { SpaceChanged } from '../src/context.ts'
import { type Database, openDatabase } from '../src/database/open.ts'
import { getSecret } from '../src/secret.ts'
import { type RunningServer, startServer } from '../src/start.ts'
import { createSession, createUser, registerUser, type TestSession, type TestUser } from './create-user.ts'
import type { TestDatabaseKind } from './databases.ts'
import { findSecrets } from './log-secrets.ts'

export { password, type TestUser } from './create-user.ts'

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
  /** Somebody new, signed in, as after registering. */
  createUser(name?: string, timeZone?: string): Promise<TestUser>
  /** Somebody new who registers by the API. */
  registerUser(name?: string): Promise<TestUser>
  /** One more session, as after signing in again. */
  createSession(user: Pick<TestUser, 'id'>): Promise<TestSession>
}

/**
 * A real server on a free port and a fresh store of that kind. Its limits and its least reply times are off unless the
 * test is about them, and it waits less for clients when it stops.
 */
export async function startApp(
  database: Pick<TestDatabaseKind, 'prepare'>,
  settings: Record<string, string> = {},
  { evenTimes = false } = {},
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
    evenTimes,
    lastWords: 300,
  })
  const db = openDatabase(store)
  const people = { db, secret: getSecret(config), baseUrl: server.baseUrl }
  return {
    ...server,
    config,
    db,
    events,
    log,
    setNow: (value) => void (now = value),
    createUser: (name = 'Ada', timeZone = 'UTC') => createUser(people, { name, timeZone }),
    registerUser: (name = 'Ada') => registerUser(server.baseUrl, name),
    createSession: ({ id }) => createSession(people, id),
    /** @throws when the log holds what opens an account */
    stop: async () => {
      await db.destroy()
      await server.stop()
      const told = findSecrets(log)
      if (told.length > 0) throw new Error(`The log holds ${told.join(', ')}`)
      remove()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
