import type { contract } from '@taskwell/api'
import { findTimeZone } from '../calendar/index.ts'
import { invalid } from '../errors.ts'
import type { Verb } from '../verb.ts'
import { toUser, userColumns } from './rows.ts'
import { getUser } from './signed-in.ts'

/** Changes name or time zone; what is not sent stays, and so does `updated_at` when nothing is new. */
export const updateAccount: Verb<typeof contract.updateAccount> = async ({ db, caller, now, publish }, { body }) => {
  const changes = {
    ...(body.name === undefined ? {} : { name: body.name.trim() }),
    ...(body.timeZone === undefined ? {} : { time_zone: canonicalZone(body.timeZone) }),
  }
  const { name, time_zone } = changes
  const changed = await db
    .updateTable('users')
    .set({ ...changes, updated_at: now.toISOString() })
    .where('id', '=', caller.userId)
    .where(({ or, eb }) =>
      or([
        ...(name === undefined ? [] : [eb('name', '<>', name)]),
        ...(time_zone === undefined ? [] : [eb('time_zone', '<>', time_zone)]),
      ]),
    )
    .returning(userColumns)
    .executeTakeFirst()
  if (!changed) return { body: await getUser(db, caller.userId) }
  publish({ userId: caller.userId })
  return { body: toUser(changed) }
}

function canonicalZone(timeZone: string): string {
  const found = findTimeZone(timeZone)
  if (found === undefined) throw invalid('/body/timeZone', 'Give an IANA time zone, such as Europe/Berlin.')
  return found
}
