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

/** What was taken of a key, and when that is forgotten (milliseconds). */
interface Count {
  used: number
  readonly endsAt: number
}

/** Counts in the memory of this process. */
export function openMemoryBudget(policy: Policy): Budget {
  // All last equally long, so those that began first end first, too.
  const counts = new Map<string, Count>()

  function find(key: string, now: number): Count | undefined {
    const count = counts.get(key)
    return count && count.endsAt > now ? count : undefined
  }

  function begin(key: string, now: number): Count {
    counts.delete(key)
    for (const [oldest, { endsAt }] of counts) {
      if (endsAt > now && counts.size < mostKeys) break
      counts.delete(oldest)
    }
    const count = { used: 0, endsAt: now + policy.window * 1000 }
    counts.set(key, count)
    return count
  }

  return {
    policy,
    look: async (key) => {
      const now = performance.now()
      return standingOf(policy, find(key, now), now)
    },
    take: async (key) => {
      const now = performance.now()
      const count = find(key, now) ?? begin(key, now)
      if (count.used >= policy.quota) return undefined
      count.used += 1
      return standingOf(policy, count, now)
    },
    giveBack: async (key) => {
      const count = find(key, performance.now())
      if (count && count.used > 0) count.used -= 1
    },
  }
}

function standingOf(policy: Policy, count: Count | undefined, now: number): Standing {
  if (!count) return { policy, remaining: policy.quota, reset: policy.window }
  return { policy, remaining: policy.quota - count.used, reset: Math.ceil((count.endsAt - now) / 1000) }
}
