import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request that may change something comes from a page that is allowed to send it. Without a browser's headers
 * it comes from a program, which a foreign site cannot make act.
 */
export function isAllowedSite(headers: IncomingHttpHeaders, allowedOrigins: ReadonlySet<string>): boolean {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return true
  if (origin === undefined) return site === undefined
  return allowedOrigins.has(origin.toLowerCase()) || isSameHost(origin, headers.host)
}

function isSameHost(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin)
  if (!from || host === undefined || !/^https?:$/.test(from.protocol)) return false
  return URL.parse(`${from.protocol}//${host}`)?.host === from.host
}
