import { sql } from 'kysely'
import { type Database, databaseKind } from './open.ts'

/**
 * What SQLite keeps of deleted rows beyond their pages: their trigrams, until the search index is merged, and the
 * write-ahead log, until it begins anew. PostgreSQL's own vacuum sees to all that.
 */

/** Pages of the index that one step writes: a few milliseconds. */
const pages = 16

/** Merges the index at commits as usual, or only when told: merging by itself may take long after many deletions. */
export async function mergeByItself(db: Database, isWanted: boolean): Promise<void> {
  if (databaseKind(db) === 'postgres') return
  const share = sql.lit(isWanted ? 10 : 0)
  await sql`insert into task_search (task_search, rank) values ('deletemerge', ${share})`.execute(db)
}

/** Rewrites the search index without what was deleted, in short transactions with a `rest` between them. */
export async function mergeSearchIndex(db: Database, rest: () => Promise<unknown>): Promise<void> {
  if (databaseKind(db) === 'postgres') return
  let isFirst = true
  let written: number
  do {
    written = await db.transaction().execute(async (db) => {
      const before = await countWrites(db)
      // A negative number begins to merge everything; a positive one goes on.
      const amount = sql.lit(isFirst ? -pages : pages)
      await sql`insert into task_search (task_search, rank) values ('merge', ${amount})`.execute(db)
      return (await countWrites(db)) - before
    })
    isFirst = false
    await rest()
    // The statement itself counts as one.
  } while (written >= 2)
}

async function countWrites(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`select total_changes() as count`.execute(db)
  return rows[0]?.count ?? 0
}

/** Empties the write-ahead log, which holds pages as they were. */
export async function emptyLog(db: Database): Promise<void> {
  if (databaseKind(db) === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db)
}
