import { APIError } from 'better-auth/api'
import { findTimeZone } from '../calendar/index.ts'
import { isLegalText } from '../text/index.ts'
import { isCommonPassword } from './common-passwords.ts'

const passwordLength = { min: 8, max: 128 }
const longestName = 100
const longestEmail = 254
const longestImage = 2048

/** The parts of an account that Better Auth's native routes take from a client. */
export interface UserFields {
  readonly name?: unknown
  readonly email?: unknown
  readonly image?: unknown
  readonly timeZone?: unknown
}

/**
 * Holds the contract's rules where its schemas are not asked, which is on Better Auth's native routes. Answers the given
 * fields as they are to be stored.
 * @throws APIError in Better Auth's own format
 */
export function tidyUser({ name, email, image, timeZone }: UserFields): Record<string, string> {
  checkEmail(email)
  checkImage(image)
  return {
    ...(name === undefined ? {} : { name: tidyName(name) }),
    ...(timeZone === undefined ? {} : { timeZone: tidyTimeZone(timeZone) }),
  }
}

export const tooCommon =
  'This password is among the first that anybody would try. Use another one, such as four random words.'

/** @throws APIError unless the password has 8 to 128 code points and is none of the common ones */
export async function checkNewPassword(password: unknown): Promise<void> {
  if (typeof password !== 'string') return
  const length = countCodePoints(password)
  if (length < passwordLength.min) throw unacceptable('PASSWORD_TOO_SHORT', 'Use at least 8 characters.')
  if (length > passwordLength.max) throw unacceptable('PASSWORD_TOO_LONG', 'Use at most 128 characters.')
  if (await isCommonPassword(password)) throw unacceptable('PASSWORD_TOO_COMMON', tooCommon)
}

/** @throws APIError when an address is longer than mail allows */
export function checkEmail(email: unknown): void {
  if (typeof email === 'string' && countCodePoints(email) > longestEmail) {
    throw unacceptable('INVALID_EMAIL', 'The e-mail address must have at most 254 characters.')
  }
}

/** @throws APIError when a text has NUL or unpaired surrogates, which PostgreSQL cannot store or look up */
export function checkTexts(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' && !isLegalText(value)) {
      throw unacceptable('INVALID_TEXT', `${name} has characters that are not allowed.`)
    }
  }
}

function tidyName(name: unknown): string {
  const tidy = typeof name === 'string' ? name.trim() : ''
  const length = countCodePoints(tidy)
  if (length >= 1 && length <= longestName && isLegalText(tidy)) return tidy
  throw unacceptable('INVALID_NAME', 'The name must have 1 to 100 characters.')
}

function tidyTimeZone(timeZone: unknown): string {
  const found = typeof timeZone === 'string' ? findTimeZone(timeZone) : undefined
  if (found !== undefined) return found
  throw unacceptable('INVALID_TIME_ZONE', 'Give an IANA time zone, such as Europe/Berlin.')
}

function checkImage(image: unknown): void {
  if (image === undefined || image === null) return
  if (typeof image === 'string' && image.length <= longestImage && isLegalText(image)) return
  throw unacceptable('INVALID_IMAGE', 'The address of the image must have at most 2,048 characters.')
}

function countCodePoints(text: string): number {
  return Array.from(text).length
}

function unacceptable(code: string, message: string): APIError {
  return new APIError('UNPROCESSABLE_ENTITY', { code, message })
}
