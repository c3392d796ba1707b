import type { Change } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { isTaskRow, toTask } from '../tasks/index.ts'
import { countAfter, findHead, listFeed } from './queries.ts'

/** The changes of spaces, as open connections are fed with them. */
export interface Feed {
  /** Where the space stands, and below which revision tombstones may be missing. */
  readHead(spaceId: string): Promise<{ revision: number; floor: number }>
  /** Whether more than `most` tasks have changed since. */
  hasMoreThan(spaceId: string, since: number, most: number): Promise<boolean>
  /** The next changes after `since`; `revision` is where they bring the client. */
  read(spaceId: string, part: FeedPart): Promise<{ changes: Change[]; revision: number }>
}

/** How much of the feed: at most `limit` tasks and, from the second one on, `maxText` bytes of text. */
export interface FeedPart {
  readonly since: number
  readonly limit: number
  readonly maxText: number
}

export function createFeed(db: Database): Feed {
  return {
    readHead: (spaceId) => findHead(db, spaceId),
    hasMoreThan: async (spaceId, since, most) => (await countAfter(db, spaceId, since, most + 1)) > most,
    read: async (spaceId, { since, limit, maxText }) => {
      const rows = await listFeed(db, { spaceId, after: since, limit, maxText })
      const found = rows.filter(isTaskRow)
      const last = found.at(-1)
      const hasMore = last !== undefined && (last.found ?? 0) > found.length
      return {
        changes: found.map((row) => ({ type: 'task', task: toTask(row) })),
        revision: hasMore ? last.revision : (rows[0]?.space_revision ?? since),
      }
    },
  }
}
