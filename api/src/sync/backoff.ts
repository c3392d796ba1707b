/** How long to pause, in milliseconds, after `failures` failures in a row; at least what the server asks for. */
export function pauseAfter(
  failures: number,
  { first, most }: { first: number; most: number },
  retryAfter: number | null = null,
): number {
  const longest = Math.min(most, first * 2 ** Math.min(failures - 1, 30))
  const pause = longest * (0.5 + Math.random() / 2)
  return retryAfter === null ? pause : retryAfter + Math.min(pause, 1_000)
}

/** What `Retry-After` asks for, in milliseconds. */
export function readRetryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after')
  if (value === null) return null
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(wait) ? null : Math.max(0, wait)
}
