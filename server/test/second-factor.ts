import { codeAt } from '../src/auth/totp.ts'

/** The secret in the address that an app is set up with. */
export function secretIn(totpUri: string): string {
  return readBase32(new URL(totpUri).searchParams.get('secret') ?? '')
}

/** The bytes behind base32 (RFC 4648), which here are a text. */
export function readBase32(text: string): string {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString()
}

/** The code of now, or of a step of half a minute before or after it. */
export function codeOf(secret: string, offset = 0): string {
  return codeAt(secret, Math.floor(Date.now() / 30_000) + offset)
}
