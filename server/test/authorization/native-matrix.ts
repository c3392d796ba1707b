/** One of Better Auth's own routes: who may use it, and what is sent by those who may not. */
export interface NativeRow {
  /** `absent` is what Taskwell has turned off. */
  readonly door: 'anybody' | 'session' | 'absent'
  readonly method?: 'GET'
  /** `$sessionToken` is that of another one of the owner's sessions. */
  readonly body?: object
  readonly query?: string
  /** What those without a session are answered, unless it is 401. */
  readonly refused?: number
}

const password = 'correct horse battery'
const stolen = { token: '$sessionToken' }

/** By path. A route that the library has and this table has not fails the test. */
export const nativeMatrix: Readonly<Record<string, NativeRow>> = {
  '/ok': { door: 'anybody', method: 'GET' },
  '/error': { door: 'anybody', method: 'GET' },
  '/callback/:id': { door: 'anybody', method: 'GET' },
  // Without a session it answers `null`.
  '/get-session': { door: 'anybody', method: 'GET' },
  '/sign-out': { door: 'anybody', body: {} },
  '/sign-up/email': {
    door: 'anybody',
    body: { name: 'Eve', email: 'nobody@example.com', password: 'another good one' },
  },
  '/sign-in/email': { door: 'anybody', body: { email: '$email', password: 'another good one' } },
  '/reset-password': { door: 'anybody', body: { ...stolen, newPassword: 'another good one' } },
  '/reset-password/:token': { door: 'anybody', method: 'GET', query: '?callbackURL=/' },
  '/verify-email': { door: 'anybody', method: 'GET', query: '?token=$sessionToken' },
  '/send-verification-email': { door: 'anybody', body: { email: 'nobody@example.com' } },
  '/request-password-reset': { door: 'anybody', body: { email: 'nobody@example.com' } },
  '/verify-password': { door: 'session', body: { password } },
  '/change-email': { door: 'session', body: { newEmail: 'eve@example.com' } },
  '/change-password': { door: 'session', body: { currentPassword: password, newPassword: 'another good one' } },
  '/update-user': { door: 'session', body: { name: 'Eve' } },
  '/list-sessions': { door: 'session', method: 'GET' },
  '/revoke-session': { door: 'session', body: stolen },
  '/revoke-sessions': { door: 'session', body: {} },
  '/revoke-other-sessions': { door: 'session', body: {} },
  '/two-factor/enable': { door: 'session', body: { password } },
  '/two-factor/disable': { door: 'session', body: { password } },
  '/two-factor/get-totp-uri': { door: 'session', body: { password } },
  '/two-factor/generate-backup-codes': { door: 'session', body: { password } },
  '/two-factor/verify-totp': { door: 'session', body: { code: '123456' } },
  '/two-factor/verify-backup-code': { door: 'session', body: { code: 'abcde-fghij' } },
  '/two-factor/send-otp': { door: 'absent', body: {} },
  '/two-factor/verify-otp': { door: 'absent', body: { code: '123456' } },
  '/sign-in/social': { door: 'absent', body: { provider: 'google' } },
  '/link-social': { door: 'absent', body: { provider: 'google' } },
  '/unlink-account': { door: 'absent', body: { providerId: 'credential' } },
  '/list-accounts': { door: 'absent', method: 'GET' },
  '/account-info': { door: 'absent', method: 'GET' },
  '/get-access-token': { door: 'absent', body: { providerId: 'credential' } },
  '/refresh-token': { door: 'absent', body: { providerId: 'credential' } },
  '/update-session': { door: 'absent', body: {} },
  '/delete-user': { door: 'absent', body: { password } },
  '/delete-user/callback': { door: 'absent', method: 'GET', query: '?token=$sessionToken' },
}
