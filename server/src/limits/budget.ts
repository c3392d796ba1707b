import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** So many of something, for one key (a user, an address, an account), within a time. */
export interface Policy {
  /** As the headers call it. */
  readonly name: string
  readonly quota: number
  /** In seconds. It begins with the first that is taken. */
  readonly window: number
}

/** Where a key stands with a policy. */
export interface Standing {
  readonly policy: Policy
  readonly remaining: number
  /** In seconds: until the whole quota is there again. */
  readonly reset: number
}

/** Where counts are kept: in memory here, and in a store that processes share once there are several. */
export interface Budget {
  readonly policy: Policy
  /** Takes one. Undefined when nothing is left, and then nothing is taken. */
  take(key: string): Promise<Standing | undefined>
  look(key: string): Promise<Standing>
  giveBack(key: string): Promise<void>
}

export type OpenBudget = (policy: Policy) => Budget

/** More keys than people have; beyond them the oldest are forgotten, so that a flood of addresses cannot fill the memory. */
export const mostKeys = 50_000

/** Counts in the memory of this process. */
export function openMemoryBudget(policy: Policy): Budget {
  const limiter = new RateLimiterMemory({ keyPrefix: '', points: policy.quota, duration: policy.window })
  const known = new Set<string>()

  async function remember(key: string): Promise<void> {
    known.delete(key)
    known.add(key)
    if (known.size <= mostKeys) return
    const [oldest] = known
    if (oldest === undefined) return
    known.delete(oldest)
    await limiter.delete(oldest)
  }

  async function look(key: string): Promise<Standing> {
    return standingOf(policy, await limiter.get(key))
  }

  return {
    policy,
    look,
    take: async (key) => {
      try {
        const taken = await limiter.consume(key)
        if (taken.isFirstInDuration) await remember(key)
        return standingOf(policy, taken)
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        // What was refused counts for nothing, or a given-back one would be missed.
        await limiter.reward(key)
        return undefined
      }
    },
    giveBack: async (key) => {
      const standing = await limiter.get(key)
      if (standing && standing.msBeforeNext > 0 && standing.consumedPoints > 0) await limiter.reward(key)
    },
  }
}

function standingOf(policy: Policy, found: RateLimiterRes | null): Standing {
  if (!found || found.msBeforeNext <= 0) return { policy, remaining: policy.quota, reset: policy.window }
  const remaining = Math.max(0, policy.quota - found.consumedPoints)
  return { policy, remaining, reset: Math.max(1, Math.ceil(found.msBeforeNext / 1000)) }
}
