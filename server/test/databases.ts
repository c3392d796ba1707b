import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { migrate } from '../src/database/migrate.ts'
import { type Database, type DatabaseConfig, type DatabaseKind, openDatabase } from '../src/database/open.ts'
import { createDatabase, templateName } from './postgres.ts'

export interface TestDatabase {
  readonly db: Database
  readonly config: DatabaseConfig
  close(): Promise<void>
}

export interface TestDatabaseKind {
  readonly kind: DatabaseKind
  /** Names a store that is not there yet, for tests of how one begins. */
  create(): Promise<{ config: DatabaseConfig; remove(): void }>
  /** A fresh store with the whole schema. */
  open(): Promise<TestDatabase>
  toString(): string
}

const sqlite: TestDatabaseKind = {
  kind: 'sqlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'taskwell-test-'))
    return {
      config: { kind: 'sqlite', file: join(folder, 'taskwell.db'), synchronous: 'full' },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    }
  },
  async open() {
    const { config, remove } = await sqlite.create()
    const db = openDatabase(config)
    await migrate(db)
    return { db, config, close: () => db.destroy().then(remove) }
  },
  toString: () => 'SQLite',
}

const postgres: TestDatabaseKind = {
  kind: 'postgres',
  create: () => createOnServer('template1'),
  async open() {
    const { config } = await createOnServer(templateName)
    const db = openDatabase(config)
    return { db, config, close: () => db.destroy() }
  },
  toString: () => 'PostgreSQL',
}

/** The databases go with the server at the end of the run. */
async function createOnServer(template: string): Promise<{ config: DatabaseConfig; remove(): void }> {
  const postgresUrl = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(postgresUrl, name, template)
  return { config: { kind: 'postgres', url: postgresUrl + name }, remove: () => {} }
}

/** Both databases, for `describe.each`. */
export const databases: readonly TestDatabaseKind[] = [sqlite, postgres]
