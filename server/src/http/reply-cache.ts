/** A reply whose bytes are known to be right for as long as its key can be asked for. */
export interface CachedReply {
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
  /** As bytes: to write a text, it would have to be copied and encoded each time. */
  readonly body: Buffer
}

/** Replies by what they depend on, the least used forgotten first. */
export interface ReplyCache {
  find(key: string): CachedReply | undefined
  keep(key: string, reply: CachedReply): void
}

/** Holds so many bytes at most, in replies that are no larger than a hundredth of that. */
export function createReplyCache(mostBytes: number): ReplyCache {
  const replies = new Map<string, CachedReply>()
  let bytes = 0

  function forget(key: string): void {
    const reply = replies.get(key)
    if (!reply) return
    replies.delete(key)
    bytes -= sizeOf(key, reply)
  }

  return {
    find: (key) => {
      const reply = replies.get(key)
      if (!reply) return undefined
      replies.delete(key)
      replies.set(key, reply)
      return reply
    },
    keep: (key, reply) => {
      forget(key)
      const size = sizeOf(key, reply)
      if (size > mostBytes / 100) return
      replies.set(key, reply)
      bytes += size
      for (const oldest of replies.keys()) {
        if (bytes <= mostBytes) break
        forget(oldest)
      }
    },
  }
}

/** What an entry takes beside its texts, about: headers, tag, the place in the map. */
const overhead = 1000

/** Two bytes a character of the key, which is what texts beyond Latin-1 take. */
function sizeOf(key: string, { body }: CachedReply): number {
  return 2 * key.length + body.length + overhead
}
