import { setImmediate } from 'node:timers/promises'
import { emptyLog, mergeByItself, mergeSearchIndex } from '../database/erasing.ts'
import type { Database } from '../database/open.ts'
import { countOwnTasks, deleteUser, eraseSome } from './queries.ts'

/** From here on the search index is merged before it holds too much that is gone, which would make the steps long. */
const worthMerging = 1_000
const mostGone = 0.2

/**
 * Erases what belonged to a closed account, in many short transactions between which everybody else gets a turn. It may
 * be interrupted anywhere and begun anew.
 * @throws what `checkStop` throws, between two steps
 */
export async function eraseAccount(db: Database, userId: string, checkStop: () => void): Promise<void> {
  const rest = async () => {
    checkStop()
    await setImmediate()
  }
  const count = await countOwnTasks(db, userId)
  let left = count
  let gone = 0
  if (count > 0) await mergeByItself(db, false)
  for (;;) {
    await rest()
    const erased = await db.transaction().execute((db) => eraseSome(db, userId))
    if (!erased) break
    left -= erased.tasks
    gone += erased.tasks
    if (gone < worthMerging || gone < mostGone * (left + gone)) continue
    await mergeSearchIndex(db, rest)
    gone = 0
  }
  await deleteUser(db, userId)
  if (gone > 0) await mergeSearchIndex(db, rest)
  if (count > 0) await mergeByItself(db, true)
  await emptyLog(db)
}
