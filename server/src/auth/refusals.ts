import { tooCommon } from './user-rules.ts'
import { invalid, Refusal } from '../errors.ts'

/** What Better Auth's own error codes mean in ours. */
const refusals: Record<string, () => Refusal> = {
  INVALID_EMAIL_OR_PASSWORD: () => new Refusal('invalid_credentials'),
  INVALID_CODE: () => new Refusal('invalid_credentials', { detail: 'The code is wrong, or was used already.' }),
  INVALID_BACKUP_CODE: () => new Refusal('invalid_credentials', { detail: 'The code is wrong, or was used already.' }),
  EMAIL_NOT_VERIFIED: () => new Refusal('email_not_verified'),
  REGISTRATION_CLOSED: () => new Refusal('registration_closed'),
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: () => new Refusal('email_taken'),
  PASSWORD_TOO_SHORT: () => invalid('/body/password', 'Use at least 8 characters.'),
  PASSWORD_TOO_LONG: () => invalid('/body/password', 'Use at most 128 characters.'),
  PASSWORD_TOO_COMMON: () => invalid('/body/password', tooCommon),
  INVALID_NAME: () => invalid('/body/name', 'Use 1 to 100 characters.'),
  INVALID_TIME_ZONE: () => invalid('/body/timeZone', 'Give an IANA time zone, such as Europe/Berlin.'),
  INVALID_EMAIL: () => invalid('/body/email', 'Give an e-mail address.'),
  // The library's own schema asks more of an address than the contract's; all else has been validated before.
  VALIDATION_ERROR: () => invalid('/body/email', 'Give an e-mail address.'),
}

/** A reply of Better Auth that refuses, as the error to throw. */
export function refusalOf(status: number, code: string | undefined): Error {
  const refusal = code === undefined ? undefined : refusals[code]
  return refusal?.() ?? new Error(`Better Auth answered ${status} ${code ?? 'without a code'}`)
}
