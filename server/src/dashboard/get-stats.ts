import type { Contract, Input, Stats } from '@taskwell/api'
import { calendarAt } from '../calendar/index.ts'
import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { atOneRevision } from './at-one-revision.ts'
import { readPast } from './read-past.ts'
import { readStreaks } from './read-streaks.ts'
import { readTotals } from './read-totals.ts'

const defaultDays = 30

/**
 * The figures of the caller's dashboard. They depend on the revision, the zone, the days asked for and the minute, and
 * on nothing else: `asOf` is that minute, so that an answer which is kept and found unchanged still says the truth.
 */
export async function getStats(ctx: Context, { query }: Input<Contract['getStats']>): Promise<Outcome<Stats>> {
  const { spaceId } = ctx.caller
  const { days = defaultDays, timeZone = ctx.caller.timeZone } = query
  const calendar = calendarAt(ctx.now, timeZone)
  const { revision, value } = await atOneRevision(ctx, async (db) => {
    const { revision: revisionBefore, ...present } = await readTotals(db, spaceId, calendar)
    const { activity, performance } = await readPast(db, spaceId, calendar, days)
    const { revision: revisionAfter, ...streaks } = await readStreaks(db, spaceId, calendar)
    return {
      value: { ...present, activity, performance: { ...performance, ...streaks } },
      revisionBefore,
      revisionAfter,
    }
  })
  return { body: { asOf: calendar.minute, timeZone, revision, ...value }, revision }
}
