import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** How Better Auth names and signs its session cookie. */
export interface CookieSigning {
  readonly cookieName: string
  readonly secret: string
}

/**
 * The session token that a request carries, if its signature is right. A header `Authorization` alone decides when it
 * is there.
 */
export function readSessionToken(headers: IncomingHttpHeaders, signing: CookieSigning): string | undefined {
  const { authorization, cookie } = headers
  const signed = authorization === undefined ? findCookie(cookie, signing.cookieName) : bearerToken(authorization)
  return signed === undefined ? undefined : verifiedToken(signed, signing.secret)
}

const mostRemembered = 5_000
const longestRemembered = 1_000

/** `readSessionToken` for the same clients again and again: what was found to be signed rightly is remembered. */
export function createTokenReader(signing: CookieSigning): (headers: IncomingHttpHeaders) => string | undefined {
  const known = new Map<string, string>()
  return (headers) => {
    const { authorization, cookie } = headers
    const proof = authorization === undefined ? `cookie ${cookie}` : `authorization ${authorization}`
    const remembered = known.get(proof)
    if (remembered !== undefined) return remembered
    const token = readSessionToken(headers, signing)
    if (token === undefined || proof.length > longestRemembered) return token
    if (known.size >= mostRemembered) known.clear()
    known.set(proof, token)
    return token
  }
}

/** What a cookie that Better Auth signed holds, if its signature is right. */
export function readSignedCookie(
  { cookie }: IncomingHttpHeaders,
  { cookieName, secret }: CookieSigning,
): string | undefined {
  const signed = findCookie(cookie, cookieName)
  return signed === undefined ? undefined : verifiedToken(signed, secret)
}

function bearerToken(authorization: string): string | undefined {
  const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  return token === undefined ? undefined : decode(token)
}

function findCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  const start = `${name}=`
  const pair = header
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(start))
  return pair === undefined ? undefined : decode(pair.slice(start.length))
}

function decode(text: string): string | undefined {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    return undefined
  }
}

/** `token.signature`, the signature being the HMAC-SHA256 of the token in base64. */
function verifiedToken(signed: string, secret: string): string | undefined {
  const dot = signed.lastIndexOf('.')
  if (dot < 1) return undefined
  const token = signed.slice(0, dot)
  const given = Buffer.from(signed.slice(dot + 1))
  const right = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'))
  return given.length === right.length && timingSafeEqual(given, right) ? token : undefined
}
