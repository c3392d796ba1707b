import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/database/open.ts'
import { type RunningServer, startServer } from '../../src/start.ts'
import type { TestDatabaseKind } from '../databases.ts'

/** A server that comes back on its port, with its store. */
export interface RestartableApp {
  readonly port: number
  readonly baseUrl: string
  /** A handle of the test's own on the store. */
  readonly db: Database
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startRestartableApp(
  database: TestDatabaseKind,
  now: () => Date = () => new Date(),
): Promise<RestartableApp> {
  const { config: store, remove } = await database.prepare()
  const dataDir = mkdtempSync(join(tmpdir(), 'taskwell-data-'))
  const config = { ...readConfig({ PORT: '0', DATA_DIR: dataDir, LIMITS: 'off' }), database: store }
  const start = (port: number): Promise<RunningServer> =>
    startServer({ ...config, port }, { now, log: pino({ level: 'silent' }, { write: () => {} }) })
  let server = await start(0)
  const { baseUrl } = server
  const port = Number(new URL(baseUrl).port)
  const db = openDatabase(store)
  return {
    port,
    baseUrl,
    db,
    restart: async () => {
      await server.stop()
      server = await start(port)
    },
    stop: async () => {
      await db.destroy()
      await server.stop()
      remove()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
