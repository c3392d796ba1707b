import type { Contract } from '@taskwell/api'
import { type Database, hasStoppedWriting } from '../database/open.ts'
import { Refusal } from '../errors.ts'
import type { Verb } from '../verb.ts'
import { version } from '../version.ts'

export interface HealthVerbs {
  getHealth: Verb<Contract['getHealth']>
  getLiveness: Verb<Contract['getLiveness']>
  getReadiness: Verb<Contract['getReadiness']>
}

/** What probes ask. `isStopping` tells that the process takes no new work. */
export function healthVerbs(db: Database, isStopping: () => boolean): HealthVerbs {
  return {
    getHealth: async () => ({ body: { status: 'ok', version } }),
    getLiveness: async () => ({ body: { status: 'ok' } }),
    getReadiness: async () => {
      if (isStopping()) throw notReady('stopping')
      if (hasStoppedWriting(db)) throw notReady('database')
      await db
        .selectFrom('settings')
        .select('name')
        .limit(1)
        .execute()
        .catch(() => {
          throw notReady('database')
        })
      return { body: { status: 'ok', degraded: [] } }
    },
  }
}

function notReady(part: 'database' | 'stopping'): Refusal {
  return new Refusal('unavailable', { detail: `Not ready: ${part}.`, members: { part } })
}
