import { Refusal } from '../errors.ts'
import type { Standing } from './budget.ts'

/** What a request has drawn on, by the policy's name, for its reply to tell. */
export type Meter = Map<string, Standing>

export function note(meter: Meter, standing: Standing): void {
  meter.set(standing.policy.name, standing)
}

/** The refusal for whoever has nothing left. It is noted, too. */
export function limitReached(meter: Meter, standing: Standing): Refusal {
  note(meter, { ...standing, remaining: 0 })
  return new Refusal('rate_limited', {
    detail: `Too many of these at once. Wait ${standing.reset} seconds, then try again.`,
    headers: { 'retry-after': String(standing.reset) },
  })
}

/** `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-10 writes them. */
export function limitHeaders(meter: Meter): Record<string, string> {
  if (meter.size === 0) return {}
  const standings = [...meter.values()]
  return {
    ratelimit: standings.map(({ policy, remaining, reset }) => `"${policy.name}";r=${remaining};t=${reset}`).join(', '),
    'ratelimit-policy': standings
      .map(({ policy }) => `"${policy.name}";q=${policy.quota};w=${policy.window}`)
      .join(', '),
  }
}
