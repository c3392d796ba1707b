import type { Contract } from '@taskwell/api'
import { hasPendingMigrations } from '../database/migrate.ts'
import { type Database, hasStoppedWriting } from '../database/open.ts'
import { Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import { version } from '../version.ts'

export interface HealthVerbs {
  getHealth: Verb<Contract['getHealth']>
  getLiveness: Verb<Contract['getLiveness']>
  getReadiness: Verb<Contract['getReadiness']>
}

export interface HealthOptions {
  readonly db: Database
  /** Whether the process takes no new work. */
  isStopping(): boolean
  /** Whether it serves, but without Redis where there should be one. */
  isDegraded(): boolean
}

/** What probes ask. */
export function healthVerbs({ db, isStopping, isDegraded }: HealthOptions): HealthVerbs {
  return {
    getHealth: async () => ({ body: { status: 'ok', version } }),
    getLiveness: async () => ({ body: { status: 'ok' } }),
    getReadiness: async () => {
      if (isStopping()) throw notReady('stopping')
      if (hasStoppedWriting(db)) throw notReady('database')
      const isBehind = await hasPendingMigrations(db).catch(() => {
        throw notReady('database')
      })
      if (isBehind) throw notReady('migrations')
      return { body: isDegraded() ? { status: 'degraded', degraded: ['redis'] } : { status: 'ok', degraded: [] } }
    },
  }
}

function notReady(part: 'database' | 'migrations' | 'stopping'): Refusal {
  return new Refusal('unavailable', { detail: `Not ready: ${part}.`, members: { part } })
}
