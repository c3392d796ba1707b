import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Log } from '../context.ts'
import { databaseSize } from '../database/inspect.ts'
import { type Database, poolUse } from '../database/open.ts'
import { type MetricsGuard, refuseStrangers } from './may-read.ts'
import { findWaitingMails } from './queries.ts'

export interface MetricsOptions extends MetricsGuard {
  readonly server: Server
  readonly db: Database
  readonly log: Log
  /** Whether Redis is missed. */
  isDegraded(): boolean
  /** Of the newest backup that was made by itself. */
  lastBackupAt?(): Date | undefined
}

/** Seconds. */
const latencies = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Serves `/metrics` to Prometheus. The library is loaded only then. */
export async function mountMetrics(app: FastifyInstance, options: MetricsOptions): Promise<void> {
  const { db, server, log, isDegraded, lastBackupAt } = options
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const requests = new Histogram({
    name: 'taskwell_http_request_duration_seconds',
    help: 'Requests by method, pattern of the route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: latencies,
    registers,
  })
  const limited = new Counter({
    name: 'taskwell_limited_requests_total',
    help: 'Requests that were refused since a limit was reached, by the limit',
    labelNames: ['limit'],
    registers,
  })
  app.addHook('onResponse', async (request, reply) => {
    // Patterns, and one name for all that has none: strangers must not be able to make labels.
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    if (reply.statusCode !== 429) return
    const reached = [...(request.meter?.values() ?? [])].filter(({ remaining }) => remaining === 0)
    for (const { policy } of reached) limited.inc({ limit: policy.name })
  })

  const sockets = new Gauge({ name: 'taskwell_sockets', help: 'Open real-time connections', registers })
  server.on('upgrade', (_, socket) => {
    sockets.inc()
    socket.once('close', () => sockets.dec())
  })

  /** A figure that is read when somebody asks; one that cannot be had is left out of that reply. */
  function gauge(name: string, help: string, read: () => Promise<number | undefined> | number | undefined): void {
    const made = new Gauge({
      name: `taskwell_${name}`,
      help,
      registers,
      collect: async () => {
        made.reset()
        const value = await Promise.resolve()
          .then(read)
          .catch((error: unknown) => void log.warn({ err: error, metric: name }, 'a metric could not be read'))
        if (value === undefined) made.remove()
        else made.set(value)
      },
    })
  }

  gauge('database_bytes', 'Size of the database', () => databaseSize(db))
  gauge('outbox_mails', 'Mails waiting to be sent', async () => (await findWaitingMails(db)).count)
  gauge('outbox_age_seconds', 'Age of the oldest mail that waits', async () => {
    const { oldest } = await findWaitingMails(db)
    return oldest ? (Date.now() - oldest.getTime()) / 1000 : 0
  })
  gauge('degraded', 'Whether Redis is missed: 1 or 0', () => Number(isDegraded()))
  if (poolUse(db)) {
    for (const part of ['total', 'idle', 'waiting'] as const) {
      gauge(`pool_${part}`, `Connections to PostgreSQL, ${part}`, () => poolUse(db)?.[part])
    }
  }
  if (lastBackupAt) {
    gauge('backup_timestamp_seconds', 'When the newest backup was made', () => {
      const at = lastBackupAt()
      return at ? at.getTime() / 1000 : 0
    })
  }

  app.get('/metrics', async (request, reply) => {
    refuseStrangers(request, options)
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
