import { type BackgroundJob, startBackgroundJob } from '../background.ts'
import type { Log } from '../context.ts'
import type { Database } from '../database/open.ts'

/** Remembers when sessions and API tokens were used, and writes it beside the requests. */
export interface Activity extends BackgroundJob {
  sawSession(id: string, before: string | Date | null | undefined, now: Date): void
  sawToken(id: string, before: string | Date | null | undefined, now: Date): void
}

const every = 2_000
const inOneStep = 100
const minute = 60 * 1000
/** How old the kept time gets before another use is worth a write. */
const precision = { sessions: 2 * minute, api_tokens: minute }

export function createActivity({ db, log }: { db: Database; log: Log }): Activity {
  const waiting = { sessions: new Map<string, string>(), api_tokens: new Map<string, string>() }

  function saw(
    table: keyof typeof waiting,
    { id, before, now }: { id: string; before: string | Date | null | undefined; now: Date },
  ): void {
    const age = now.getTime() - (before ? new Date(before).getTime() : 0)
    if (age >= precision[table]) waiting[table].set(id, now.toISOString())
  }

  async function write(): Promise<boolean> {
    const sessions = take(waiting.sessions)
    const tokens = take(waiting.api_tokens)
    if (sessions.length === 0 && tokens.length === 0) return false
    await db.transaction().execute(async (db) => {
      for (const [id, at] of sessions)
        await db.updateTable('sessions').set({ last_active_at: at }).where('id', '=', id).execute()
      for (const [id, at] of tokens)
        await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute()
    })
    return waiting.sessions.size > 0 || waiting.api_tokens.size > 0
  }

  const job = startBackgroundJob({ name: 'activity', every, log, run: write })
  return {
    ...job,
    sawSession: (id, before, now) => saw('sessions', { id, before, now }),
    sawToken: (id, before, now) => saw('api_tokens', { id, before, now }),
    stop: async () => {
      await job.stop()
      while (await write());
    },
  }
}

/** The longest waiting ones, in the order of their ids, so that processes cannot wait for each other in a circle. */
function take(waiting: Map<string, string>): [string, string][] {
  const taken = [...waiting].slice(0, inOneStep)
  for (const [id] of taken) waiting.delete(id)
  return taken.toSorted(([a], [b]) => (a < b ? -1 : 1))
}
