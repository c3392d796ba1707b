import type { Change } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import { isTaskRow, toTask } from '../tasks/index.ts'
import { countAfter, findHead, listFeed, listHeads } from './queries.ts'

/** The changes of spaces, as open connections are fed with them. */
export interface Feed {
  /** Where the space stands, and below which revision tombstones may be missing. */
  readHead(spaceId: string): Promise<{ revision: number; floor: number }>
  /** Where each of the spaces stands. */
  readHeads(spaceIds: readonly string[]): Promise<{ id: string; revision: number }[]>
  /** Whether more than `most` tasks have changed since. */
  hasMoreThan(spaceId: string, since: number, most: number): Promise<boolean>
  /** The next changes after `since`, at most `limit`; `revision` is where they bring the client. */
  read(spaceId: string, since: number, limit: number): Promise<{ changes: Change[]; revision: number }>
}

export function createFeed(db: Database): Feed {
  return {
    readHead: (spaceId) => findHead(db, spaceId),
    readHeads: (spaceIds) => listHeads(db, spaceIds),
    hasMoreThan: async (spaceId, since, most) => (await countAfter(db, spaceId, since, most + 1)) > most,
    read: async (spaceId, since, limit) => {
      const rows = await listFeed(db, { spaceId, after: since, limit })
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
