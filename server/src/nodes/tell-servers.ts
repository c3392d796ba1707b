import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { getEpoch } from '../database/migrate.ts'
import type { Database } from '../database/open.ts'
import { connectRedis } from '../redis/index.ts'
import { channelPrefix } from './create-nodes.ts'
import { writeMessage } from './messages.ts'

const patience = 1_000

/** Has servers that rely on Redis look for what a command has written. Without it they find it within five seconds. */
export async function tellServers(db: Database, { redisUrl }: Config): Promise<void> {
  if (redisUrl === undefined) return
  try {
    const channel = `${channelPrefix(await getEpoch(db))}:news`
    const redis = await connectRedis(redisUrl)
    await redis.publish(channel, `${randomUUID()} ${writeMessage('look')}`, patience).finally(redis.close)
  } catch {
    // Then the servers do not rely on it either, and look by themselves.
  }
}
