import { existsSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { syncFolder } from './copy/files.ts'
import { migrate, migrationStatus } from './migrate.ts'
import { migrations as known, type Migration } from './migrations/index.ts'
import type { Database, DatabaseConfig } from './open.ts'

export interface Upgrade {
  readonly taken: readonly string[]
  /** Where the file is kept as it was before. */
  readonly kept: string | undefined
}

const mostKept = 3

/**
 * Brings the schema up to date. A SQLite file with something in it is copied first: the way back, should the new version
 * disappoint.
 * @throws when there is no room for the copy, or a step fails; the store is then as it was before that step
 */
export async function upgrade(
  db: Database,
  options: { database: DatabaseConfig; version: string; migrations?: readonly Migration[] },
): Promise<Upgrade> {
  const { database, version, migrations = known } = options
  const { applied, pending, unknown } = await migrationStatus(db, migrations)
  const isUpgrade = applied.length > 0 && pending.length > 0 && unknown.length === 0
  const kept = isUpgrade && database.kind === 'sqlite' ? await keep(database.file, applied, version) : undefined
  return { taken: await migrate(db, migrations), kept }
}

async function keep(file: string, applied: readonly string[], version: string): Promise<string> {
  const kept = `${file}.before-${version}`
  // A second try after a failed step must not replace the copy from before the first.
  if (existsSync(kept) && stepsIn(kept) < applied.length) return kept
  refuseFullDisk(file)
  const draft = `${kept}.partial`
  rmSync(draft, { force: true })
  const source = new BetterSqlite3(file, { readonly: true, fileMustExist: true })
  try {
    await source.backup(draft)
  } finally {
    source.close()
  }
  renameSync(draft, kept)
  syncFolder(dirname(file))
  removeOldest(file)
  return kept
}

function stepsIn(file: string): number {
  const copy = new BetterSqlite3(file, { readonly: true })
  try {
    return copy.prepare<[], number>('select count(*) from migrations').pluck().get() ?? 0
  } catch {
    return Number.POSITIVE_INFINITY
  } finally {
    copy.close()
  }
}

function refuseFullDisk(file: string): void {
  const { bavail, bsize } = statfsSync(dirname(file))
  const size = ['', '-wal'].reduce((sum, end) => sum + (existsSync(file + end) ? statSync(file + end).size : 0), 0)
  // The copy, and as much again for the steps themselves.
  if (bavail * bsize < size * 2) {
    throw new Error(
      `The upgrade needs ${Math.ceil((size * 2) / 1e6)} MB of free space beside ${file}: make room first.`,
    )
  }
}

function removeOldest(file: string): void {
  const folder = dirname(file)
  const copies = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}.before-`) && /\.before-\d[^/]*\d$/.test(name))
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .toSorted((one, other) => other.at - one.at)
  for (const { path } of copies.slice(mostKept)) rmSync(path)
}
