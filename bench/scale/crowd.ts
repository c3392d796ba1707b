import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { readConfig } from '../../server/src/config.ts'
import { migrate } from '../../server/src/database/migrate.ts'
import { type Database, openDatabase } from '../../server/src/database/open.ts'
import { highLimits, type Running, runTaskwell } from '../throughput/servers.ts'

/** A server with many users, each of whom is signed in. */
export interface Crowd extends Running {
  /** The bearer tokens of the users. */
  readonly tokens: readonly string[]
}

/** Starts a server on a new store. Its users are put into the store, since registering hashes a password each time. */
export async function startCrowd(folder: string, users: number): Promise<Crowd> {
  const secret = randomBytes(32).toString('hex')
  const settings = { DATA_DIR: join(folder, 'crowd'), AUTH_SECRET: secret, ...highLimits }
  const db = openDatabase(readConfig(settings).database)
  try {
    await migrate(db)
    const tokens = await addUsers(db, users)
    await db.destroy()
    const server = await runTaskwell(settings, join(folder, 'crowd.log'))
    return { ...server, tokens: tokens.map((token) => signed(token, secret)) }
  } finally {
    await db.destroy()
  }
}

/** Answers the tokens of their sessions. */
async function addUsers(db: Database, count: number): Promise<string[]> {
  const now = new Date().toISOString()
  const tokens: string[] = []
  await db.transaction().execute(async (db) => {
    for (let number = 0; number < count; number += 1) {
      const [id, token] = [randomUUID(), randomBytes(24).toString('base64url')]
      const times = { created_at: now, updated_at: now }
      const user = { id, name: `User ${number}`, email: `user-${number}@example.com`, image: null, time_zone: 'UTC' }
      await db
        .insertInto('users')
        .values({ ...user, email_verified: true, two_factor_enabled: false, ...times })
        .execute()
      const session = { id: randomUUID(), user_id: id, token, expires_at: '2099-01-01T00:00:00.000Z' }
      await db
        .insertInto('sessions')
        .values({ ...session, ip_address: null, user_agent: null, ...times })
        .execute()
      await db
        .insertInto('spaces')
        .values({ id: randomUUID(), owner_id: id, revision: 0, floor: 0, created_at: now })
        .execute()
      tokens.push(token)
    }
  })
  return tokens
}

/** As Better Auth signs what it hands to clients. */
function signed(token: string, secret: string): string {
  return `${token}.${createHmac('sha256', secret).update(token).digest('base64')}`
}
