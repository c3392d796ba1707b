const path = '/.well-known/security.txt'
const day = 24 * 60 * 60 * 1000
/** How long readers may rely on a copy; it is written anew with every day. */
const daysValid = 180

/**
 * Tells where to report a weakness (RFC 9116): the mailbox that RFC 2142 sets aside for it, at the host of the instance,
 * so it is right without any setting.
 */
export function securityTxt(baseUrl: string, now: Date): string {
  const expires = new Date(Math.floor(now.getTime() / day + daysValid) * day)
  return [
    `Contact: mailto:security@${new URL(baseUrl).hostname}`,
    `Expires: ${expires.toISOString()}`,
    'Preferred-Languages: en',
    `Canonical: ${baseUrl}${path}`,
    '',
  ].join('\n')
}
