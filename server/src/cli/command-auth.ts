import pino from 'pino'
import { type Auth, createAuth } from '../auth/index.ts'
import type { Config } from '../config.ts'
import { type Database, databaseKind } from '../database/open.ts'
import { getSecret } from '../secret.ts'

/** Accounts as the server keeps them, for whoever has the command line: registration is open to them, and no mail is sent. */
export function createCommandAuth(db: Database, config: Config): Auth {
  return createAuth({
    db,
    kind: databaseKind(db),
    baseUrl: config.baseUrl ?? 'http://localhost',
    secret: getSecret(config),
    emailVerification: 'optional',
    registration: 'open',
    log: pino({ level: 'silent' }),
    outbox: 'none',
    now: () => new Date(),
  })
}
