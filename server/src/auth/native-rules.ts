import { APIError, createAuthMiddleware } from 'better-auth/api'
import { checkEmail, checkNewPassword, checkTexts, tidyUser } from './user-rules.ts'

/**
 * Rules for Better Auth's own routes that must be judged before the route begins: a refusal must not depend on whether
 * an address is taken.
 */
export function createNativeRules(registration: 'open' | 'closed') {
  return createAuthMiddleware(async (request) => {
    const body = recordOf(request.body)
    checkTexts(body)
    checkTexts(recordOf(request.query))
    switch (request.path) {
      case '/sign-up/email':
        if (registration === 'closed') throw registrationClosed()
        await checkNewPassword(body['password'])
        return { context: { body: { ...body, ...tidyUser(body) } } }
      case '/reset-password':
        await checkNewPassword(body['newPassword'])
        return
      case '/change-password':
        await checkNewPassword(body['newPassword'])
        return
      case '/change-email':
        checkEmail(body['newEmail'])
        return
    }
  })
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function registrationClosed(): APIError {
  return new APIError('FORBIDDEN', { code: 'REGISTRATION_CLOSED', message: 'Registration is closed here' })
}
