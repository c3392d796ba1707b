import { existsSync } from 'node:fs'
import { removeDatabase, replaceDatabase, sealDatabase } from '../database/copy/files.ts'
import { makeFile, stepsOf } from '../database/copy/fill.ts'
import { openPostgresTarget } from '../database/copy/postgres-rows.ts'
import {
  isSameTally,
  type Progress,
  type RowSource,
  type RowTarget,
  type Tally,
  tallyRows,
} from '../database/copy/rows.ts'
import { withSnapshot } from '../database/copy/snapshot.ts'
import { openSqliteTarget } from '../database/copy/sqlite-rows.ts'
import { type Hold, claimAlone } from '../database/lock.ts'
import { hasUnfinishedCopy, migrate } from '../database/migrate.ts'
import { type DatabaseConfig, openDatabase } from '../database/open.ts'
import { dropTables } from '../database/reset.ts'
import { isEmptyStore } from './is-empty-store.ts'

export interface MoveOptions {
  readonly from: DatabaseConfig
  readonly to: DatabaseConfig
  readonly progress?: Progress
}

/**
 * Copies a store that no server uses into an empty one, row by row, and holds both against each other. Ended in the
 * middle, the same call goes on where it was. Both have the same epoch and revisions afterwards, so what clients hold
 * stays good: only one of them may be used from then on.
 */
export async function moveStore(options: MoveOptions): Promise<Tally> {
  const { from, to } = options
  if (from.kind === 'sqlite' && !existsSync(from.file)) throw new Error(`There is no database at ${from.file}.`)
  const claims: Hold[] = []
  try {
    claims.push(await claimAlone(from))
    claims.push(await claimAlone(to))
    return await withSnapshot(from, (source) =>
      to.kind === 'sqlite' ? moveIntoFile(source, to, options) : moveIntoPostgres(source, to, options),
    )
  } finally {
    for (const claim of claims) await claim.release()
  }
}

async function moveIntoFile(
  source: RowSource,
  to: DatabaseConfig & { kind: 'sqlite' },
  { progress }: MoveOptions,
): Promise<Tally> {
  if (!(await isEmptyStore(to))) throw notEmpty()
  const draft = `${to.file}.moving`
  await makeFile(draft, stepsOf(source.migrations, 'The database'))
  const target = openSqliteTarget(draft, { resumable: true })
  try {
    await fill(target, source, progress)
    const tally = await compare(source, { ...to, file: draft })
    await target.release()
    target.close()
    sealDatabase(draft)
    replaceDatabase(to.file, draft, `${to.file}.before-move`)
    return tally
  } catch (error) {
    target.close()
    if (error instanceof CopyDiffers) removeDatabase(draft)
    throw error
  }
}

async function moveIntoPostgres(source: RowSource, to: DatabaseConfig, { progress }: MoveOptions): Promise<Tally> {
  const db = openDatabase(to)
  try {
    if (!(await hasUnfinishedCopy(db))) {
      if (!(await isEmptyStore(to))) throw notEmpty()
      await db.transaction().execute(async (trx) => {
        await dropTables(trx)
        await migrate(trx, stepsOf(source.migrations, 'The database'))
        await openPostgresTarget(trx)
      })
    }
    const target = await openPostgresTarget(db)
    await fill(target, source, progress)
    const tally = await compare(source, to)
    await target.release()
    return tally
  } catch (error) {
    if (error instanceof CopyDiffers) await db.transaction().execute(dropTables)
    throw error
  } finally {
    await db.destroy()
  }
}

async function fill(target: RowTarget, source: RowSource, progress: Progress = () => {}): Promise<void> {
  let total = 0
  for (const table of source.tables) {
    for await (const rows of source.read(table, await target.findLastKey(table))) {
      await target.load(table, rows)
      progress((total += rows.length), table.name)
    }
  }
  await target.finish()
}

/** The source may have been used between two attempts. */
class CopyDiffers extends Error {
  override readonly name = 'CopyDiffers'
}

async function compare(source: RowSource, to: DatabaseConfig): Promise<Tally> {
  const [there, here] = await Promise.all([tallyRows(source), withSnapshot(to, (copy) => tallyRows(copy))])
  if (isSameTally(there, here)) return here
  throw new CopyDiffers('The copy differs from its source and was removed: nothing is lost, move again from the start.')
}

function notEmpty(): Error {
  return new Error('The database to move into has accounts in it: name an empty one.')
}
