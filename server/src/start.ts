import pino, { type Logger } from 'pino'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import type { SpaceChanged } from './context.ts'
import { claimStore } from './database/lock.ts'
import { migrate } from './database/migrate.ts'
import { openDatabase } from './database/open.ts'
import { listen, stopServing } from './http/listen.ts'
import { getSecret } from './secret.ts'

export interface RunningServer {
  readonly baseUrl: string
  stop(): Promise<void>
}

/**
 * Starts a server: claims the store, migrates it, listens.
 * @throws when the store is in use or the address is taken.
 */
export async function startServer(
  config: Config,
  options: { log?: Logger; now?: () => Date; onChange?: (event: SpaceChanged) => void } = {},
): Promise<RunningServer> {
  const log = options.log ?? pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime })
  if (config.withoutEffect.length > 0)
    log.warn({ settings: config.withoutEffect }, 'set, but without effect in this version')
  const { database } = config
  const secret = getSecret(config)
  const claim = await claimStore(database)
  const db = openDatabase(database)
  const close = async (): Promise<void> => {
    await db.destroy()
    await claim.release()
  }
  try {
    for (const name of await migrate(db)) log.info({ migration: name }, 'migrated')
    const { server, port, serve } = await listen(config)
    const baseUrl = config.baseUrl ?? `http://localhost:${port}`
    const app = await createApp({ ...options, config: { ...config, baseUrl }, db, secret, log, server })
    await app.ready()
    serve(app.routing)
    return {
      baseUrl,
      stop: async () => {
        await app.close()
        await stopServing(server)
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
