import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import {
  createErasure,
  deleteAccountWith,
  endOtherSessions,
  endSessionWith,
  exportAccount,
  listSessions,
} from './account/index.ts'
import { createFailureLog, listAccountEvents } from './account-events/index.ts'
import {
  createActivity,
  createAuth,
  createIdentify,
  findLiveSessions,
  getAccount,
  getSession,
  handOver,
  loginWith,
  logoutWith,
  registerWith,
  updateAccount,
} from './auth/index.ts'
import { createFeed, listChanges } from './changes/index.ts'
import type { Config } from './config.ts'
import type { SpaceChanged } from './context.ts'
import { getEpoch } from './database/migrate.ts'
import { type Database, databaseKind } from './database/open.ts'
import { mountDocs } from './docs/index.ts'
import { healthVerbs } from './health/index.ts'
import { createHttp } from './http/create-http.ts'
import { isAllowedSite } from './http/cross-site.ts'
import { mount } from './http/mount.ts'
import { mountNative } from './http/mount-native.ts'
import { createRealtime } from './realtime.ts'
import { mountSite } from './site/index.ts'
import { getStats, listActivity } from './dashboard/index.ts'
import * as tasks from './tasks/index.ts'
import { createToken, deleteToken, listTokens } from './tokens/index.ts'

export interface AppOptions {
  readonly config: Config & { readonly baseUrl: string }
  /** Migrated; the caller closes it. */
  readonly db: Database
  readonly secret: string
  readonly log: Logger
  readonly server: Server
  readonly now?: () => Date
  /** Hears of every change after its commit. */
  readonly onChange?: (event: SpaceChanged) => void
}

/** The whole server, wired from top to bottom. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, db, secret, log, server, now = () => new Date(), onChange = () => {} } = options
  const app = createHttp({ ...config, log, server })
  const failures = createFailureLog({ db, log })
  const activity = createActivity({ db, log })
  const erasure = createErasure({ db, log })
  app.addHook('onClose', async () => {
    await Promise.all([failures, activity, erasure].map((job) => job.stop()))
  })
  const auth = createAuth({
    db,
    kind: databaseKind(db),
    baseUrl: config.baseUrl,
    secret,
    emailVerification: config.emailVerification,
    registration: config.registration,
    log,
    sessionsAUser: config.sessionsAUser,
    onSignInFailed: (attempt) => failures.add(attempt),
  })
  const identify = await createIdentify({ db, auth, activity })
  const allowedOrigins = new Set([config.baseUrl, ...config.corsOrigins].map((origin) => origin.toLowerCase()))
  const realtime = createRealtime({
    server,
    log,
    feed: createFeed(db),
    epoch: await getEpoch(db),
    findCaller: (visit) => identify(visit, now()),
    isAllowedSite: ({ headers }) => isAllowedSite(headers, allowedOrigins),
    findLiveSessions: (ids) => findLiveSessions(db, ids, now()),
  })
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
    realtime.close()
  })
  mount(app, {
    verbs: {
      register: registerWith({ db, auth }),
      login: loginWith({ db, auth }),
      logout: logoutWith({ db, auth }),
      getSession,
      getAccount,
      updateAccount,
      deleteAccount: deleteAccountWith({ auth, erasure }),
      exportAccount,
      listSessions,
      endSession: endSessionWith({ auth }),
      endOtherSessions,
      listAccountEvents,
      listTokens,
      createToken,
      deleteToken,
      ...tasks,
      replaceTask: tasks.updateTask,
      listChanges,
      getStats,
      listActivity,
      ...healthVerbs(db, () => stopping),
    },
    identify,
    base: {
      db,
      secret,
      publish: (event) => {
        realtime.notify(event.spaceId, event.revision)
        onChange(event)
      },
    },
    now,
  })
  mountNative(app, (visit, request) => handOver(auth, visit, request))
  mountDocs(app)
  mountSite(app)
  return app
}
