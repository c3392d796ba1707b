import { isIPv6 } from 'node:net'
import type { Logger } from 'pino'
import { type AppOptions, createApp } from './app.ts'
import type { Config } from './config.ts'
import { refuseDamagedFile } from './database/inspect.ts'
import { claimStore } from './database/lock.ts'
import { type Database, onWriteStop, openDatabase, setReachable } from './database/open.ts'
import { findUnsafeSettings, refuseLostStore, rememberStore } from './database/store-safety.ts'
import { upgrade } from './database/upgrade.ts'
import { listen, stopServing } from './http/listen.ts'
import { createLog } from './log.ts'
import { getSecret } from './secret.ts'
import { startTraces } from './traces/index.ts'
import { version } from './version.ts'
import { withinTime } from './within-time.ts'

export interface RunningServer {
  readonly baseUrl: string
  /** Where it listens, which is not where people reach it when there is a proxy. */
  readonly address: string
  stop(): Promise<void>
}

const diskFailed =
  'the database file cannot be trusted any more: nothing is written until a restart; run `taskwell doctor`, and if the file is damaged, `taskwell restore FILE --force`'

/** For ending the connections to a database, in milliseconds. */
const patience = 1_000

/**
 * Starts a server: claims the store, migrates it, listens.
 * @throws when the store is in use or the address is taken.
 */
export async function startServer(
  config: Config,
  options: Pick<AppOptions, 'now' | 'onChange' | 'evenTimes'> & { log?: Logger; lastWords?: number } = {},
): Promise<RunningServer> {
  const log = options.log ?? createLog(config)
  const { database } = config
  const secret = getSecret(config)
  const claim = await claimStore(database)
  if (database.kind === 'sqlite') {
    try {
      refuseDamagedFile(database.file)
    } catch (error) {
      await claim.release()
      throw error
    }
  }
  const traces = config.traces && (await startTraces({ ...config.traces, kind: database.kind, log }))
  const db = openDatabase(database, traces?.onStatement)
  onWriteStop(db, (cause) => log.error({ err: cause }, diskFailed))
  claim.watch((isAnswering) => {
    if (!isAnswering) log.error('PostgreSQL does not answer: requests are refused until it does')
    setReachable(db, isAnswering)
  })
  const close = async (): Promise<void> => {
    const ended = withinTime(db.destroy(), patience, 'The database does not answer').catch(() => {})
    await Promise.all([ended, traces?.stop()])
    await claim.release()
  }
  try {
    await checkStore(db, config, log)
    const { taken, kept } = await upgrade(db, { database, version })
    if (kept !== undefined) log.info({ file: kept }, 'kept the database as it was before this version')
    for (const name of taken) log.info({ migration: name }, 'migrated')
    remember(config, log)
    const { server, port, serve } = await listen(config)
    const baseUrl = config.baseUrl ?? `http://localhost:${port}`
    const app = await createApp({ ...options, config: { ...config, baseUrl }, db, claim, secret, log, server, traces })
    await app.ready()
    serve(app.routing)
    return {
      baseUrl,
      address: `http://${isIPv6(config.host) ? `[${config.host}]` : config.host}:${port}`,
      stop: async () => {
        // No new connections before the first reply that ends one: the system would cut those that nobody has taken yet.
        const ended = stopServing(server, options.lastWords)
        await app.close()
        await ended
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** With PostgreSQL nothing else may need the data folder. */
function remember(config: Config, log: Logger): void {
  try {
    rememberStore(config)
  } catch (error) {
    log.warn({ err: error }, 'DATA_DIR cannot be written: a start on a wrong, empty database will not be noticed')
  }
}

/** @throws when starting would hide a loss, or risk one */
async function checkStore(db: Database, config: Config, log: Logger): Promise<void> {
  await refuseLostStore(db, config)
  const unsafe = await findUnsafeSettings(db)
  if (unsafe.length === 0) return
  if (config.production && !config.allowUnsafePostgres) {
    throw new Error(
      `PostgreSQL runs with ${unsafe.join(' and ')} off, so a crash may take what was saved: turn it on, or set ALLOW_UNSAFE_POSTGRES=on.`,
    )
  }
  log.warn({ settings: unsafe }, 'PostgreSQL may lose saved tasks in a crash: these settings are off')
}
