import { APIError, createAuthMiddleware } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins/two-factor'
import type { Database } from '../database/open.ts'
import { noteWrongCode } from './note-wrong-code.ts'
import { matchingStep, readTotpSecret } from './totp.ts'
import { findAwaited } from './two-factor-challenge.ts'
import type { AccountWatch } from './watch-accounts.ts'

/** How long the second step of a sign-in may take, in seconds. */
const patience = 10 * 60

/**
 * The second factor: codes of an app (TOTP), with backup codes. Failures are counted by our own limits, which tell the
 * owner's devices from strangers; the plugin's lock of an account would let anybody with the password lock its owner out.
 */
export function createTwoFactor() {
  return twoFactor({
    issuer: 'Taskwell',
    twoFactorCookieMaxAge: patience,
    accountLockout: { enabled: false },
    schema: {
      user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
      twoFactor: {
        modelName: 'two_factors',
        fields: {
          userId: 'user_id',
          backupCodes: 'backup_codes',
          failedVerificationCount: 'failed_verification_count',
          lockedUntil: 'locked_until',
        },
      },
    },
  })
}

/** Parts of the plugin that Taskwell has no use for: codes by mail are no second factor beside a reset by mail. */
export const disabledTwoFactorPaths = ['/two-factor/send-otp', '/two-factor/verify-otp']

const verifying = new Set(['/two-factor/verify-totp', '/two-factor/verify-backup-code'])

/**
 * Rules of our own for the codes: no device is ever excused from the second factor, and a code of the app signs in once,
 * while the plugin takes it again as long as it is shown.
 */
export function createCodeRules({ db, onSignInFailed }: Pick<AccountWatch, 'db' | 'onSignInFailed'>) {
  return createAuthMiddleware(async (ctx) => {
    if (!verifying.has(ctx.path)) return undefined
    const body = { ...ctx.body, trustDevice: false, ...('disableSession' in ctx.body && { disableSession: false }) }
    if (ctx.path === '/two-factor/verify-totp' && typeof body.code === 'string') {
      const userId = await findAwaited(ctx)
      if (userId !== undefined && !(await useOnce(db, userId, body.code, ctx.context.secretConfig))) {
        await noteWrongCode(ctx, onSignInFailed)
        throw usedCode()
      }
    }
    return { context: { body } }
  })
}

/** Whether the code may be tried: one that is right is so for the first who comes with it, and no older one after it. */
async function useOnce(
  db: Database,
  userId: string,
  code: string,
  key: Parameters<typeof readTotpSecret>[1],
): Promise<boolean> {
  const factors = db.selectFrom('two_factors').select(['id', 'secret']).where('user_id', '=', userId)
  const factor = await factors.executeTakeFirst()
  const step = factor && matchingStep(await readTotpSecret(factor.secret, key), code, Date.now())
  if (step === undefined) return true
  const used = await db
    .updateTable('two_factors')
    .set({ last_step: step })
    .where('user_id', '=', userId)
    .where(({ or, eb }) => or([eb('last_step', 'is', null), eb('last_step', '<', step)]))
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

function usedCode(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'INVALID_CODE', message: 'This code was used. Wait for the next one.' })
}
