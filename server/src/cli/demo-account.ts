import pino from 'pino'
import { createFindCaller, registerWith } from '../auth/index.ts'
import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { Database } from '../database/open.ts'
import { getSecret } from '../secret.ts'
import { createCommandAuth } from './command-auth.ts'

/** Registers somebody as the API would, and answers a context to act for them. */
export async function createDemoAccount(
  db: Database,
  config: Config,
  { email, password }: { email: string; password: string },
): Promise<Context> {
  const log = pino({ level: 'silent' })
  const secret = getSecret(config)
  const auth = createCommandAuth(db, config)
  const ip = '127.0.0.1'
  const { headers } = await registerWith({ db, auth })({ headers: {}, ip }, { body: { name: 'Demo', email, password } })
  const findCaller = await createFindCaller({ db, auth })
  const now = new Date()
  const found = await findCaller({ headers: { authorization: `Bearer ${headers?.['set-auth-token']}` }, ip }, now)
  if (!found) throw new Error('The demo account could not be signed in')
  return { db, log, secret, now, caller: { ...found.caller, by: { kind: 'cli', name: null } }, publish: () => {} }
}
