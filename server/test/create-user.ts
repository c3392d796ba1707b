import { createHmac, randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { type Client, createClient } from '@taskwell/api'
import { v7 as uuidv7 } from 'uuid'
import { sessionLife } from '../src/auth/create-auth.ts'
import type { Database } from '../src/database/open.ts'

export interface TestUser {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly token: string
  readonly baseUrl: string
  readonly client: Client
}

export interface TestSession {
  readonly id: string
  readonly token: string
  readonly client: Client
}

/** Where users are made. */
interface Store {
  readonly db: Database
  /** Signs their tokens. */
  readonly secret: string
  readonly baseUrl: string
}

export const password = 'correct horse battery'
const agent = 'node'
const ip = '127.0.0.1'
/** One for all: it takes longer than everything else here. */
const passwordHash = hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })

/** Writes what registering writes, which takes many times as long; a test holds the two together. */
export async function createUser(
  store: Store,
  { name, timeZone }: { name: string; timeZone: string },
): Promise<TestUser> {
  const id = uuidv7()
  const email = newAddress()
  const created_at = new Date().toISOString()
  const times = { created_at, updated_at: created_at }
  const user = { id, name, email, email_verified: false, image: null, time_zone: timeZone, two_factor_enabled: false }
  const credential = { id: uuidv7(), user_id: id, account_id: id, provider_id: 'credential', ...times }
  const space = { id: uuidv7(), owner_id: id, revision: 0, floor: 0, created_at }
  const hashed = await passwordHash
  const { token, client } = await store.db.transaction().execute(async (db) => {
    await db
      .insertInto('users')
      .values({ ...user, ...times })
      .execute()
    await db
      .insertInto('accounts')
      .values({ ...credential, password: hashed })
      .execute()
    await db.insertInto('spaces').values(space).execute()
    await insertEvent(db, id, 'account_created')
    return createSession({ ...store, db }, id)
  })
  return { id, email, password, token, baseUrl: store.baseUrl, client }
}

/** Registers by the API, with the mail and the waiting that come with it. */
export async function registerUser(baseUrl: string, name: string): Promise<TestUser> {
  const email = newAddress()
  const { body, headers } = await createClient({ baseUrl }).register({ body: { name, email, password } })
  const token = headers.get('set-auth-token') ?? ''
  return { id: body.user.id, email, password, token, baseUrl, client: createClient({ baseUrl, token: () => token }) }
}

function newAddress(): string {
  return `${randomBytes(6).toString('hex')}@example.com`
}

/** Writes what signing in once more writes. */
export async function createSession({ db, secret, baseUrl }: Store, userId: string): Promise<TestSession> {
  const id = uuidv7()
  const token = randomBytes(16).toString('hex')
  const now = new Date()
  const expiresAt = new Date(now.getTime() + sessionLife.expiresIn * 1000)
  const times = { created_at: now.toISOString(), updated_at: now.toISOString(), expires_at: expiresAt.toISOString() }
  await db
    .insertInto('sessions')
    .values({ id, user_id: userId, token, ip_address: ip, user_agent: agent, ...times })
    .execute()
  await insertEvent(db, userId, 'sign_in')
  const signed = `${token}.${createHmac('sha256', secret).update(token).digest('base64')}`
  return { id, token: signed, client: createClient({ baseUrl, token: () => signed }) }
}

async function insertEvent(db: Database, userId: string, kind: string): Promise<void> {
  const event = { id: uuidv7(), user_id: userId, at: new Date().toISOString(), kind, ip, user_agent: agent }
  await db.insertInto('account_events').values(event).execute()
}
