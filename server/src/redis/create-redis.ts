import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../context.ts'
import { connectRedis, type RedisConnection } from './connect.ts'

/** What servers on one store share beside it. All of it may be gone at any time, and nothing is lost with it. */
export interface Redis {
  /** Runs a script (Lua) on one key of ours. @throws at once when Redis is known to be in trouble, else within 100 ms */
  run(script: string, key: string, args: readonly string[]): Promise<unknown>
  /** Tells the other servers. What they are told is a hint: it may be lost. */
  publish(message: string): void
  /** Whether what is published arrives: a beat of our own came round just now. */
  isWell(): boolean
  /** How many servers, this one included, have been heard lately. */
  countServers(): number
  stop(): Promise<void>
}

export interface RedisOptions {
  readonly url: string
  /** Keeps stores that share a Redis apart. */
  readonly prefix: string
  readonly log: Log
  hear(message: string): void
  /** A connection was made: what was told before it has not been heard. */
  onConnect(): void
}

/** In milliseconds. */
const times = {
  beat: 250,
  late: 600,
  peerLate: 1_000,
  lost: 3_000,
  command: 100,
  betweenAttempts: 500,
  atStart: 500,
  farewell: 500,
}

/** Fails, as every write does, when Redis is full. */
const beatScript = `redis.call('set', KEYS[1], '', 'px', 2000)
return redis.call('publish', ARGV[1], ARGV[2])`

interface Link {
  readonly commands: RedisConnection
  readonly news: RedisConnection
  readonly since: number
}

/**
 * Keeps in touch with Redis. Four beats a second go all the way that news go, and need room as counts do: as long as
 * they come back all is well, whatever may be wrong otherwise. A link that stays silent is thrown away and made anew.
 * Answers after the first beat, or after half a second without one.
 */
export async function createRedis({ url, prefix, log, hear, onConnect }: RedisOptions): Promise<Redis> {
  const self = randomUUID()
  const channel = `${prefix}:news`
  const stopping = new AbortController()
  const heardAt = new Map<string, number>()
  let link: Link | undefined
  let isInTrouble = false
  let firstBeat: () => void = () => {}
  const begun = new Promise<void>((resolve) => (firstBeat = resolve))

  /** Messages are the sender's id alone, or with a blank and what it has to tell. */
  function take(message: string): void {
    const sender = message.slice(0, self.length)
    if (message.length > self.length) {
      if (sender !== self) hear(message.slice(self.length + 1))
      return
    }
    heardAt.set(sender, performance.now())
    if (sender !== self) return
    isInTrouble = false
    firstBeat()
  }

  function isFresh(sender: string, age: number): boolean {
    return performance.now() - (heardAt.get(sender) ?? Number.NEGATIVE_INFINITY) <= age
  }

  async function keepLinked(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        link = await openLink(url, channel, take)
        if (stopping.signal.aborted) closeLink(link)
        else onConnect()
        beat()
        await Promise.race([link.commands.ended, link.news.ended])
      } catch (error) {
        log.debug({ err: error }, 'Redis cannot be reached')
      } finally {
        if (link) closeLink(link)
        link = undefined
        heardAt.clear()
      }
      await pause(times.betweenAttempts, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  function beat(): void {
    for (const sender of heardAt.keys()) if (!isFresh(sender, times.lost)) heardAt.delete(sender)
    if (!link) return
    if (performance.now() - link.since > times.lost && !isFresh(self, times.lost)) return closeLink(link)
    link.commands.run(beatScript, `${prefix}:beat:${self}`, [channel, self], times.command).catch(() => {})
  }

  const keeping = keepLinked()
  const beating = setInterval(beat, times.beat)
  await Promise.race([begun, pause(times.atStart, undefined, { ref: false })])
  return {
    run: async (script, key, args) => {
      if (!link || isInTrouble) throw new Error('Redis is away')
      try {
        return await link.commands.run(script, `${prefix}:${key}`, args, times.command)
      } catch (error) {
        isInTrouble = true
        throw error
      }
    },
    publish: (message) => void link?.commands.publish(channel, `${self} ${message}`, times.lost).catch(() => {}),
    isWell: () => isFresh(self, times.late),
    countServers: () => [...heardAt.keys()].filter((sender) => isFresh(sender, times.peerLate)).length,
    stop: async () => {
      clearInterval(beating)
      stopping.abort()
      if (link) closeLink(link)
      // An attempt that is under way may hang.
      await Promise.race([keeping, pause(times.farewell, undefined, { ref: false })])
    },
  }
}

/** Subscribing takes a connection for itself. */
async function openLink(url: string, channel: string, hear: (message: string) => void): Promise<Link> {
  const commands = await connectRedis(url)
  try {
    const news = await connectRedis(url)
    const link = { commands, news, since: performance.now() }
    await news.subscribe(channel, hear).catch((error: unknown) => {
      news.close()
      throw error
    })
    return link
  } catch (error) {
    commands.close()
    throw error
  }
}

function closeLink({ commands, news }: Link): void {
  commands.close()
  news.close()
}
