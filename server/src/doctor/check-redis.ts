import { connectRedis } from '../redis/index.ts'
import { type Check, findings } from './finding.ts'

const { ok, warning, wrong } = findings('redis')
const patience = 5_000

export const checkRedis: Check = {
  name: 'redis',
  examine: async ({ config: { redisUrl, database } }) => {
    if (redisUrl === undefined) {
      return database.kind === 'sqlite'
        ? []
        : [warning('one server only may use this database: set REDIS_URL for more')]
    }
    try {
      const redis = await connectRedis(redisUrl)
      try {
        // Fails for want of room and for want of rights, too.
        await redis.run("return redis.call('set', KEYS[1], '', 'px', 1000)", 'taskwell:doctor', [], patience)
        return [ok('it answers, and takes what is written')]
      } finally {
        redis.close()
      }
    } catch (error) {
      return [wrong(explain(error instanceof Error ? error.message : ''))]
    }
  },
}

function explain(message: string): string {
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR Client sent AUTH)/.test(message))
    return 'it refuses the sign-in, or the commands: check REDIS_URL'
  if (message.includes('OOM')) return 'it is full: raise its maxmemory'
  return 'it does not answer: check that it runs where REDIS_URL says'
}
