import { APIError, createAuthMiddleware } from 'better-auth/api'
import { checkNewPassword, tidyUser } from './user-rules.ts'

/**
 * Rules for Better Auth's own routes that must be judged before the route begins: a refusal must not depend on whether
 * an address is taken.
 */
export function createNativeRules(registration: 'open' | 'closed') {
  return createAuthMiddleware(async (request) => {
    const body: Record<string, unknown> = isRecord(request.body) ? request.body : {}
    switch (request.path) {
      case '/sign-up/email':
        if (registration === 'closed') throw registrationClosed()
        checkNewPassword(body['password'])
        return { context: { body: { ...body, ...tidyUser(body) } } }
      case '/reset-password':
        checkNewPassword(body['newPassword'])
        return
      case '/change-password':
        checkNewPassword(body['newPassword'])
        return { context: { body: { ...body, revokeOtherSessions: true } } }
    }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function registrationClosed(): APIError {
  return new APIError('FORBIDDEN', { code: 'REGISTRATION_CLOSED', message: 'Registration is closed here' })
}
