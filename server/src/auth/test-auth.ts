import type { contract, Input } from '@taskwell/api'
import { pino } from 'pino'
import type { Context } from '../context.ts'
import type { Database, DatabaseConfig, DatabaseKind } from '../database/open.ts'
import type { Visit } from '../verb.ts'
import { type AuthSettings, createAuth } from './create-auth.ts'
import { createFindCaller, type Found } from './find-caller.ts'
import { handOver } from './hand-over.ts'
import { loginWith } from './login.ts'
import { logoutWith } from './logout.ts'
import { registerWith } from './register.ts'

export const baseUrl = 'http://localhost:3000'
export const password = 'correct horse battery'

interface StoreKind {
  readonly kind: DatabaseKind
  open(): Promise<{ db: Database; config: DatabaseConfig; close(): Promise<void> }>
}

/** Accounts on a store of their own, for tests; mails are collected. */
export async function openAuth(database: StoreKind, settings: Partial<AuthSettings> = {}) {
  const { db, config, close } = await database.open()
  const log = pino({ level: 'silent' })
  const auth = createAuth({
    db,
    kind: database.kind,
    baseUrl,
    secret: 'k3Yq0aWv8sT1xLp5zR7uNc2mBd9eGh4j6fQw',
    emailVerification: 'optional',
    registration: 'open',
    log,
    outbox: { wake: () => {} },
    evenTimes: false,
    now: () => new Date(),
    ...settings,
  })
  const register = registerWith({ auth })
  const findCaller = await createFindCaller({ db, auth })
  const visit = (headers: Visit['headers'] = {}): Visit => ({ headers, ip: '192.0.2.7' })

  return {
    db,
    config,
    auth,
    /** The mails that are queued, oldest first. */
    mails: () =>
      db.selectFrom('mails').select(['recipient as to', 'subject', 'text_body as text']).orderBy('id').execute(),
    close,
    visit,
    register: (body: Partial<Input<typeof contract.register>['body']> = {}) =>
      register(visit(), { body: { name: 'Ada', email: 'ada@example.org', password, ...body } }),
    login: loginWith({ db, publish: () => {}, auth }),
    logout: logoutWith({ db, publish: () => {}, auth }),
    findCaller: (headers: Visit['headers'], now = new Date()) => findCaller(visit(headers), now),
    contextOf: ({ caller }: Found, now = new Date()): Context & { visit: Visit } => ({
      db,
      caller,
      now,
      log,
      secret: '',
      publish: () => {},
      visit: visit(),
    }),
    /** A request to one of Better Auth's own routes. */
    native: (path: string, body?: unknown, headers: Visit['headers'] = {}) =>
      handOver(auth, visit({ 'content-type': 'application/json', ...headers }), {
        method: body === undefined ? 'GET' : 'POST',
        url: `/api/auth${path}`,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  }
}

export type TestAuth = Awaited<ReturnType<typeof openAuth>>

/** What a browser sends back after this reply. */
export function cookieOf(headers: Readonly<Record<string, string | string[]>> | undefined): string {
  const cookies = headers?.['set-cookie']
  return (Array.isArray(cookies) ? cookies : []).map((cookie) => cookie.split(';')[0]).join('; ')
}

export function tokenOf(headers: Readonly<Record<string, string | string[]>> | undefined): string {
  const token = headers?.['set-auth-token']
  return typeof token === 'string' ? token : ''
}
