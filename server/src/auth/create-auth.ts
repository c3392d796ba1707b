import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { bearer } from 'better-auth/plugins/bearer'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { Database, DatabaseKind } from '../database/open.ts'
import { confirmationLife, createAccountPost, type Outbox } from './account-post.ts'
import { ipHeader } from './client-address.ts'
import { createNativeEffects } from './native-effects.ts'
import { createNativeRules } from './native-rules.ts'
import { endOtherSessions } from './other-sessions.ts'
import { createPasswords } from './passwords.ts'
import { endResetLinks, hashIdentifier, resetLinkLife } from './reset-links.ts'
import { tables } from './tables.ts'
import { createCodeRules, createTwoFactor, disabledTwoFactorPaths } from './two-factor.ts'
import { tidyUser } from './user-rules.ts'
import { type AccountWatch, watchAccounts } from './watch-accounts.ts'

export interface AuthSettings {
  readonly db: Database
  readonly kind: DatabaseKind
  /** The public origin, without a path. */
  readonly baseUrl: string
  readonly secret: string
  readonly emailVerification: 'required' | 'optional'
  readonly registration: 'open' | 'closed'
  readonly log: Logger
  /** How many live sessions a user may have; 50 unless given. */
  readonly sessionsAUser?: number
  /** Hears of failed sign-ins, for addresses that are known and for others. */
  readonly onSignInFailed?: AccountWatch['onSignInFailed']
  /** Hears, after the commit, that a user has changed or a session of theirs has ended. */
  readonly onAccountChange?: (userId: string) => void
  readonly outbox: Outbox
  /** Whether one more of the mails that strangers can cause may go to the address; any number unless given. */
  readonly mayMail?: (email: string) => Promise<boolean>
  /** Whether replies take as long for an address with an account as for one without; so unless given. */
  readonly evenTimes?: boolean
  now(): Date
}

export type Auth = ReturnType<typeof createAuth>

const day = 24 * 60 * 60
/** In seconds: how long a session lives without being used, and how old it gets before use prolongs it. */
export const sessionLife = { expiresIn: 7 * day, updateAge: day }

/** Features that Taskwell has not, or has in a form of its own. */
const disabledPaths = [
  '/sign-in/social',
  '/link-social',
  '/unlink-account',
  '/list-accounts',
  '/account-info',
  '/get-access-token',
  '/refresh-token',
  '/update-session',
  '/delete-user',
  '/delete-user/callback',
  ...disabledTwoFactorPaths,
]

/** Sets up Better Auth on our tables and with our rules, which hold on its native routes, too. */
export function createAuth(settings: AuthSettings) {
  const { evenTimes = true } = settings
  return Object.assign(betterAuth(authOptions(settings)), { evenTimes })
}

function authOptions(settings: AuthSettings) {
  const { db, kind, baseUrl, secret, emailVerification, registration, log } = settings
  const { sessionsAUser = 50, onSignInFailed = () => {}, onAccountChange = () => {} } = settings
  const post = createAccountPost(settings)
  return {
    appName: 'Taskwell',
    baseURL: baseUrl,
    basePath: '/api/auth',
    secret,
    trustedOrigins: [baseUrl],
    database: { db, type: kind, transaction: kind === 'postgres' },
    ...tables,
    user: { ...tables.user, changeEmail: { enabled: true } },
    session: { ...tables.session, ...sessionLife },
    verification: { ...tables.verification, storeIdentifier: { hash: hashIdentifier } },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: emailVerification === 'required',
      // These count UTF-16 units, of which a code point has up to two; the rule itself is in the native rules.
      minPasswordLength: 8,
      maxPasswordLength: 256,
      password: createPasswords(),
      resetPasswordTokenExpiresIn: resetLinkLife,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, url, token }) => post.passwordReset(user, { url, token }),
      onPasswordReset: ({ user }) => post.passwordChanged(user),
      onExistingUserSignUp: ({ user }) => post.addressTaken(user),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: emailVerification === 'required',
      autoSignInAfterVerification: false,
      expiresIn: confirmationLife,
      sendVerificationEmail: ({ user, url, token }, request) => post.verification(user, { url, token }, request),
    },
    hooks: { before: createNativeRules(registration), after: createNativeEffects({ ...settings, post }) },
    databaseHooks: {
      user: {
        create: { before: async (user) => ({ data: tidyUser(user) }) },
        update: {
          before: async (user) => ({ data: tidyUser(user) }),
          after: async (user) => onAccountChange(user.id),
        },
      },
      session: { delete: { after: async (session) => onAccountChange(session.userId) } },
      account: {
        update: {
          before: async (_, request) => endOtherSessions(db, request),
          after: async (account) => onAccountChange(account.userId),
        },
      },
      verification: {
        // A newer reset link ends the older ones.
        create: {
          after: async ({ id, value }, request) => {
            if (request?.path === '/request-password-reset') await endResetLinks(db, value, id)
          },
        },
      },
    },
    plugins: [
      bearer({ requireSignature: true }),
      createTwoFactor(),
      {
        id: 'taskwell-codes',
        hooks: { before: [{ matcher: () => true, handler: createCodeRules({ db, onSignInFailed }) }] },
      },
      watchAccounts({ db, sessionsAUser, onSignInFailed, onAccountChange }),
    ],
    disabledPaths,
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    // Failures of the store reach our own error handler; refusals become replies all the same.
    onAPIError: { throw: true },
    logger: { log: (level, message, ...details) => writeLog(log, level, message, details) },
    advanced: {
      useSecureCookies: baseUrl.startsWith('https:'),
      // Stated, since the library turns these checks off by itself when NODE_ENV is `test`.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: [ipHeader] },
      database: { defaultFindManyLimit: 10_000, generateId: () => uuidv7() },
    },
  } satisfies BetterAuthOptions
}

/** Much of what the library calls an error is a mistake of the client: only what was thrown is worth reading. */
function writeLog(log: Logger, level: string, message: string, details: unknown[]): void {
  const err = details.find((detail) => detail instanceof Error)
  if (level === 'error' && err) log.error({ err }, `Better Auth: ${message}`)
  else log.debug({ err }, `Better Auth: ${message}`)
}
