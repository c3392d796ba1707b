import { createHash } from 'node:crypto'
import type { Redis } from '../redis/index.ts'
import { type Budget, type OpenBudget, openMemoryBudget, type Policy, type Standing } from './budget.ts'

/** Each answers what is used, how many milliseconds the time goes on (negative for none), and whether it was done. */
const scripts = {
  take: `local used = tonumber(redis.call('get', KEYS[1]) or '0')
local left = redis.call('pttl', KEYS[1])
if left > 0 and used >= tonumber(ARGV[1]) then return {used, left, 0} end
if left > 0 then return {redis.call('incr', KEYS[1]), left, 1} end
redis.call('set', KEYS[1], '1', 'px', ARGV[2])
return {1, tonumber(ARGV[2]), 1}`,
  look: `return {tonumber(redis.call('get', KEYS[1]) or '0'), redis.call('pttl', KEYS[1]), 1}`,
  giveBack: `local used = tonumber(redis.call('get', KEYS[1]) or '0')
if used > 0 and redis.call('pttl', KEYS[1]) > 0 then used = redis.call('decr', KEYS[1]) end
return {used, redis.call('pttl', KEYS[1]), 1}`,
}

/**
 * Counts in Redis, for all servers together, and here as well: while Redis is away, and when it has forgotten, what was
 * taken here still counts. The tighter of the two decides.
 */
export function openSharedBudget(redis: Pick<Redis, 'run'>): OpenBudget {
  return (policy) => {
    const local = openMemoryBudget(policy)
    const ask = askFor(redis, policy)

    async function look(key: string): Promise<Standing> {
      return tighter(await local.look(key), (await ask('look', key))?.standing)
    }

    return {
      policy,
      look,
      take: async (key) => {
        const here = await local.take(key)
        if (!here) return undefined
        const there = await ask('take', key)
        if (there?.isDone === false) {
          await local.giveBack(key)
          return undefined
        }
        return tighter(here, there?.standing)
      },
      giveBack: async (key) => {
        await local.giveBack(key)
        await ask('giveBack', key)
      },
    } satisfies Budget
  }
}

/** Makes the questions to Redis about one policy. They are answered with undefined when it cannot be asked. */
function askFor(redis: Pick<Redis, 'run'>, policy: Policy) {
  const args = [String(policy.quota), String(policy.window * 1000)]
  return async (script: keyof typeof scripts, key: string) => {
    try {
      const reply = await redis.run(scripts[script], `limit:${policy.name}:${digest(key)}`, args)
      if (!Array.isArray(reply)) return undefined
      const [used = 0, left = 0, done] = reply.map(Number)
      return { standing: standingOf(policy, used, left), isDone: done === 1 }
    } catch {
      return undefined
    }
  }
}

/** Keys are addresses and the like, which are nobody's business there. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}

function standingOf(policy: Policy, used: number, left: number): Standing {
  if (left <= 0) return { policy, remaining: policy.quota, reset: policy.window }
  return { policy, remaining: Math.max(0, policy.quota - used), reset: Math.max(1, Math.ceil(left / 1000)) }
}

function tighter(here: Standing, there: Standing | undefined): Standing {
  return there && there.remaining <= here.remaining ? there : here
}
