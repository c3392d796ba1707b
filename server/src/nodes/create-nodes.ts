import type { Log, News } from '../context.ts'
import { createRedis, type Redis } from '../redis/index.ts'
import { readMessage, writeMessage } from './messages.ts'

/** The other servers on the same store. */
export interface Nodes {
  /** Tells them. It is a hint, and may be lost: the store has it all. */
  tell(news: News): void
  /**
   * A number that moves when it is time to look at what other servers may have written; undefined when that is always,
   * since not all of them can be heard.
   */
  findForeignWrites(): number | undefined
  /** Whether servers count and hear for themselves, though there are several or there should be Redis. */
  isDegraded(): boolean
  /** What they count together; undefined for each on its own. */
  readonly redis: Redis | undefined
  /** From now on what they tell is heard. */
  listen(hear: (news: News) => void): void
  stop(): Promise<void>
}

export interface NodesOptions {
  readonly redisUrl: string | undefined
  /** Of the store: several may share a Redis. */
  readonly epoch: string
  readonly log: Log
  /** How many servers the store knows of, this one included. */
  countServers(): number
}

/** In milliseconds. */
const times = { look: 5_000, check: 250, patience: 3_000 }

/** Servers that all hear each other tell what they have written; those that do not must look for themselves. */
export async function createNodes({ redisUrl, epoch, log, countServers }: NodesOptions): Promise<Nodes> {
  let looks = 0
  let wholeAt = performance.now()
  let wasDegraded = false
  let hear: (news: News) => void = () => {}
  const lookAgain = (): void => void (looks += 1)

  const redis =
    redisUrl === undefined
      ? undefined
      : await createRedis({
          url: redisUrl,
          prefix: channelPrefix(epoch),
          log,
          hear: (text) => {
            const message = readMessage(text)
            if (message === 'look') lookAgain()
            else if (message) hear(message)
          },
          onConnect: lookAgain,
        })

  function hearsAll(): boolean {
    return redis !== undefined && redis.isWell() && redis.countServers() >= countServers()
  }

  /** That a server has just begun or ended, and is not known to all, is no trouble yet. */
  function isDegraded(): boolean {
    if (redis ? hearsAll() : countServers() <= 1) return false
    return !redis || !redis.isWell() || performance.now() - wholeAt > times.patience
  }

  function check(): void {
    if (hearsAll()) wholeAt = performance.now()
    const isNow = isDegraded()
    if (isNow === wasDegraded) return
    wasDegraded = isNow
    if (!isNow) log.info('the servers on this database hear each other')
    else if (redis)
      log.warn('Redis is away: limits are counted by each server, and news are looked for in the database')
    else log.warn('several servers use this database: set REDIS_URL on all of them, or limits are counted by each')
  }

  const checking = setInterval(check, times.check)
  const looking = setInterval(lookAgain, times.look)
  for (const timer of [checking, looking]) timer.unref()
  check()
  return {
    tell: (news) => redis?.publish(writeMessage(news)),
    findForeignWrites: () => (hearsAll() ? looks : undefined),
    isDegraded,
    redis,
    listen: (listener) => void (hear = listener),
    stop: async () => {
      clearInterval(checking)
      clearInterval(looking)
      await redis?.stop()
    },
  }
}

/** Names of ours in Redis begin with it. */
export function channelPrefix(epoch: string): string {
  return `taskwell:${epoch}`
}
