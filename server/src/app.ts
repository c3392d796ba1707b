import type { Server } from 'node:http'
import { dirname } from 'node:path'
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
import { createFailureLog, listAccountEventsWith } from './account-events/index.ts'
import {
  confirmEmail,
  createActivity,
  createAuth,
  createFindCaller,
  createIdentify,
  findStandings,
  getAccount,
  getSession,
  loginWith,
  logoutWith,
  nativeRoutes,
  refuseEmail,
  registerWith,
  resetPassword,
  updateAccount,
} from './auth/index.ts'
import { scheduleBackups } from './backup/index.ts'
import { createFeed, listChanges } from './changes/index.ts'
import type { Config } from './config.ts'
import type { News, SpaceChanged } from './context.ts'
import { getStats, listActivity } from './dashboard/index.ts'
import type { Claim } from './database/lock.ts'
import { getEpoch } from './database/migrate.ts'
import { type Database, databaseKind } from './database/open.ts'
import { createReserve, noReserve } from './database/reserve.ts'
import { findForeignWrites } from './database/sql.ts'
import { mountDocs } from './docs/index.ts'
import { healthVerbs } from './health/index.ts'
import { createHttp } from './http/create-http.ts'
import { isAllowedSite } from './http/cross-site.ts'
import { mount } from './http/mount.ts'
import { mountNative } from './http/mount-native.ts'
import { createLimits, noLimits, openMemoryBudget, openSharedBudget } from './limits/index.ts'
import { startOutbox } from './mail/index.ts'
import { mountMetrics } from './metrics/index.ts'
import { createNodes } from './nodes/index.ts'
import { createRealtime } from './realtime/index.ts'
import { startRetention } from './retention/index.ts'
import { mountAccountPages, mountSite } from './site/index.ts'
import * as tasks from './tasks/index.ts'
import { createToken, deleteToken, listTokens } from './tokens/index.ts'
import type { Traces } from './traces/index.ts'

export interface AppOptions {
  readonly config: Config & { readonly baseUrl: string }
  /** Migrated; the caller closes it. */
  readonly db: Database
  readonly secret: string
  /** The claim on it. */
  readonly claim: Claim
  readonly log: Logger
  readonly server: Server
  readonly traces?: Traces | undefined
  readonly now?: () => Date
  /** Hears of every change after its commit. */
  readonly onChange?: (event: SpaceChanged) => void
  /** Whether replies take as long for an address with an account as for one without; so unless given. */
  readonly evenTimes?: boolean
}

/** The whole server, wired from top to bottom. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    config,
    db,
    claim,
    secret,
    log,
    server,
    traces,
    now = () => new Date(),
    onChange = () => {},
    evenTimes = true,
  } = options
  const app = createHttp({ ...config, traces, log, server })
  const outbox = startOutbox({ db, smtp: config.smtp, log, now })
  const failures = createFailureLog({ db, log })
  const activity = createActivity({ db, log })
  const erasure = createErasure({ db, log })
  app.addHook('onClose', async () => {
    await Promise.all([failures, activity, erasure].map((job) => job.stop()))
  })
  const epoch = await getEpoch(db)
  const nodes = await createNodes({ redisUrl: config.redisUrl, epoch, log, countServers: claim.countServers })
  app.addHook('onClose', () => nodes.stop())
  const limits = config.limits
    ? createLimits({
        settings: config.limits,
        secret,
        isSecure: config.baseUrl.startsWith('https:'),
        openBudget: nodes.redis ? openSharedBudget(nodes.redis) : openMemoryBudget,
      })
    : noLimits
  const auth = createAuth({
    db,
    kind: databaseKind(db),
    baseUrl: config.baseUrl,
    secret,
    emailVerification: config.emailVerification,
    registration: config.registration,
    log,
    onAccountChange: (userId) => publish({ userId }),
    outbox,
    mayMail: limits.mayMail,
    evenTimes,
    now,
    sessionsAUser: config.sessionsAUser,
    onSignInFailed: (attempt) => failures.add(attempt),
  })
  const findCaller = await createFindCaller({ db, auth, activity })
  const identify = createIdentify({ db, findCaller, activity })
  const allowedOrigins = new Set([config.baseUrl, ...config.corsOrigins].map((origin) => origin.toLowerCase()))
  const realtime = createRealtime({
    server,
    log,
    socketsAUser: config.limits?.sockets,
    feed: createFeed(db),
    epoch,
    findCaller: (visit) => identify(visit, now()),
    isAllowedSite: ({ headers }) => isAllowedSite(headers, allowedOrigins),
    findStandings: (credentials) => findStandings(db, credentials, now()),
    findForeignWrites: async () => (await findForeignWrites(db)) ?? nodes.findForeignWrites(),
    now,
  })
  function publish(news: News): void {
    realtime.tell(news)
    nodes.tell(news)
    if ('spaceId' in news) onChange(news)
  }
  nodes.listen((news) => realtime.tell(news))
  const retention = startRetention({ db, log, now, publish })
  const backups = config.backups && scheduleBackups({ ...config.backups, database: config.database, log, now })
  app.addHook('onClose', async () => backups?.stop())
  const reserve = config.database.kind === 'sqlite' ? createReserve(dirname(config.database.file)) : noReserve
  app.addHook('onClose', () => reserve.stop())
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
    await Promise.all([realtime.close(), retention.stop()])
  })
  app.addHook('onClose', () => outbox.stop())
  mount(app, {
    verbs: {
      register: registerWith({ auth }),
      login: loginWith({ db, publish, auth }),
      logout: logoutWith({ db, publish, auth }),
      getSession,
      getAccount,
      updateAccount,
      deleteAccount: deleteAccountWith({ auth, erasure, outbox }),
      exportAccount,
      listSessions,
      endSession: endSessionWith({ auth }),
      endOtherSessions,
      listAccountEvents: listAccountEventsWith(failures),
      listTokens,
      createToken,
      deleteToken,
      ...tasks,
      replaceTask: tasks.updateTask,
      listChanges,
      getStats,
      listActivity,
      ...healthVerbs({ db, isStopping: () => stopping, isDegraded: nodes.isDegraded }),
    },
    identify,
    limits,
    base: { db, secret, taskQuota: config.limits?.tasks, publish },
    now,
    reserve,
  })
  mountNative(app, nativeRoutes({ auth, limits, findCaller, now }))
  if (config.metrics) {
    const guard = { token: config.metricsToken, trustsProxy: config.trustProxy.length > 0 }
    await mountMetrics(app, {
      ...guard,
      server,
      db,
      log,
      isDegraded: nodes.isDegraded,
      ...(backups && { lastBackupAt: backups.lastAt }),
    })
  }
  mountDocs(app)
  mountSite(app, { baseUrl: config.baseUrl, now })
  mountAccountPages(app, {
    confirmEmail: (visit, token) => confirmEmail({ db, now: now(), publish, visit }, token),
    refuseEmail: (visit, token) => refuseEmail({ db, now: now(), publish, visit }, token),
    resetPassword: (visit, input) => resetPassword(auth, visit, input),
  })
  return app
}
