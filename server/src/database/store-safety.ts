import { sql } from 'kysely'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder } from '../create-folder.ts'
import { hasUnfinishedCopy, migrationStatus } from './migrate.ts'
import { type Database, databaseKind, type DatabaseConfig } from './open.ts'

interface Place {
  readonly dataDir: string
  readonly database: DatabaseConfig
}

/** @throws when the store is empty though this data folder has served one, or a move into it was broken off */
export async function refuseLostStore(db: Database, place: Place): Promise<void> {
  if (await hasUnfinishedCopy(db)) {
    throw new Error('A move into this database was broken off: run the same `taskwell move` again, it will go on.')
  }
  const { applied } = await migrationStatus(db)
  const marker = markerOf(place.dataDir)
  if (applied.length > 0 || !existsSync(marker)) return
  throw new Error(
    `The database is empty, but this data folder has served one before (${readFileSync(marker, 'utf8').trim()}): check DATABASE_URL, or bring it back with \`taskwell restore\`, or delete ${marker} to begin anew.`,
  )
}

/** Remembers that a store was served from here. */
export function rememberStore({ dataDir, database }: Place): void {
  const text = `${describeStore(database)}\n`
  const marker = markerOf(dataDir)
  if (existsSync(marker) && readFileSync(marker, 'utf8') === text) return
  createFolder(dataDir, 'DATA_DIR')
  writeFileSync(marker, text, { mode: 0o600 })
}

function markerOf(dataDir: string): string {
  return join(dataDir, 'last-store')
}

/** Without user and password. */
function describeStore(database: DatabaseConfig): string {
  if (database.kind === 'sqlite') return database.file
  const { host, pathname } = new URL(database.url)
  return `postgres://${host}${pathname}`
}

/** Settings of the PostgreSQL server by which a crash may take what it has confirmed. */
export async function findUnsafeSettings(db: Database): Promise<string[]> {
  if (databaseKind(db) === 'sqlite') return []
  const { rows } = await sql<{ name: string }>`
    select name from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting = 'off'
    order by name`.execute(db)
  return rows.map(({ name }) => name)
}
