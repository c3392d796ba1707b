import type { Feed } from '../changes/index.ts'
import type { Log } from '../context.ts'
import type { Audience } from './audiences.ts'
import { type Connection, drop, isReading } from './connection.ts'

/** What one event holds at most; the text in bytes, so that little waits for a client that has stopped reading. */
const most = { tasks: 100, text: 256 * 1024 }

/** Connections that stand at the same revision and can take more. */
interface Waiting {
  readonly from: number
  readonly sockets: readonly Connection[]
}

/** Makes the pump that brings an audience to its head, from the feed, each connection from where it stands. */
export function createPump({ feed, log }: { feed: Feed; log: Log }): (audience: Audience) => void {
  return (audience) => {
    if (audience.isPumping) return
    audience.isPumping = true
    pump(feed, audience).catch((error: unknown) => {
      // A client that has to reconnect asks again for what it was not sent.
      log.error({ err: error }, 'changes could not be delivered')
      for (const socket of audience.sockets) drop(socket)
    })
  }
}

/** Reads the feed once for all connections that stand at the same revision, until nobody who reads is behind. */
async function pump(feed: Feed, audience: Audience): Promise<void> {
  try {
    for (let waiting = findWaiting(audience); waiting; waiting = findWaiting(audience)) {
      await deliver(feed, audience.spaceId, waiting)
    }
  } finally {
    // In the same turn as the last look, so that no notice falls between.
    audience.isPumping = false
  }
}

async function deliver(feed: Feed, spaceId: string, { from, sockets }: Waiting): Promise<void> {
  const { changes, revision: to } = await feed.read(spaceId, { since: from, limit: most.tasks, maxText: most.text })
  if (to <= from) throw new Error(`The feed of a space stands at ${to}, behind ${from}`)
  for (const socket of sockets) {
    if (socket.data.revision !== from) continue
    socket.data.revision = to
    socket.emit('changes', { from, to, changes })
  }
}

function findWaiting({ sockets, head }: Audience): Waiting | undefined {
  const behind = [...sockets].filter(
    (socket) => isReading(socket) && socket.data.revision !== undefined && socket.data.revision < head,
  )
  const from = behind[0]?.data.revision
  return from === undefined ? undefined : { from, sockets: behind.filter(({ data }) => data.revision === from) }
}
