import type { News } from '../context.ts'

/** What servers tell each other: news, or that anything may have changed. */
export type Message = News | 'look'

export function writeMessage(message: Message): string {
  return JSON.stringify(message)
}

/** Undefined for what a later version, or somebody else, may have written. */
export function readMessage(text: string): Message | undefined {
  const read = parse(text)
  if (read === 'look') return 'look'
  if (typeof read !== 'object' || read === null) return undefined
  if ('userId' in read && typeof read.userId === 'string') return { userId: read.userId }
  if (!('spaceId' in read && 'revision' in read)) return undefined
  const { spaceId, revision } = read
  if (typeof spaceId !== 'string' || !Number.isSafeInteger(revision)) return undefined
  return { spaceId, revision: Number(revision) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
