import pino from 'pino'
import { getUserId } from '../auth/index.ts'
import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { getSecret } from '../secret.ts'
import type { Visit } from '../verb.ts'

/** Acts for somebody from the command line. @throws when nobody has the address, or has never signed in */
export async function findUserContext(
  db: Database,
  config: Config,
  email: string,
): Promise<Context & { readonly visit: Visit }> {
  const userId = await getUserId(db, email)
  const row = await db
    .selectFrom('users')
    .innerJoin('spaces', 'spaces.owner_id', 'users.id')
    .select(['users.time_zone', 'spaces.id', 'spaces.revision'])
    .where('users.id', '=', userId)
    .executeTakeFirst()
  if (row === undefined) throw new Error(`${email} has never signed in: there is nothing yet`)
  return {
    db,
    log: pino({ level: 'silent' }),
    secret: getSecret(config),
    now: new Date(),
    publish: () => {},
    visit: { headers: {}, ip: '127.0.0.1' },
    caller: {
      userId,
      spaceId: row.id,
      timeZone: row.time_zone,
      revision: row.revision,
      by: { kind: 'cli', name: null },
      sessionId: null,
    },
  }
}
