import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { type Database, type DatabaseConfig, type DatabaseKind, openDatabase } from '../src/database/open.ts'
import { createDatabase, templateName } from './postgres.ts'

export interface TestDatabase {
  readonly db: Database
  readonly config: DatabaseConfig
  close(): Promise<void>
}

export interface TestStore {
  readonly config: DatabaseConfig
  remove(): void
}

export interface TestDatabaseKind {
  readonly kind: DatabaseKind
  /** Names a store that is not there yet, for tests of how one begins. */
  create(): Promise<TestStore>
  /** A fresh store with the whole schema, which nobody has opened. */
  prepare(): Promise<TestStore>
  /** The same, opened. */
  open(): Promise<TestDatabase>
  toString(): string
}

const sqlite: TestDatabaseKind = {
  kind: 'sqlite',
  create: async () => createFolder(),
  async prepare() {
    const store = createFolder()
    copyFileSync(inject('sqliteTemplate'), store.config.file)
    return store
  },
  async open() {
    const { config, remove } = await sqlite.prepare()
    const db = openDatabase(config)
    return { db, config, close: () => db.destroy().then(remove) }
  },
  toString: () => 'SQLite',
}

const postgres: TestDatabaseKind = {
  kind: 'postgres',
  create: () => createOnServer('template1'),
  prepare: () => createOnServer(templateName),
  async open() {
    const { config } = await postgres.prepare()
    const db = openDatabase(config)
    return { db, config, close: () => db.destroy() }
  },
  toString: () => 'PostgreSQL',
}

/** Commits need not outlive a power loss here: waiting for the disk would take most of the time of the tests. */
function createFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-test-'))
  const config = { kind: 'sqlite' as const, file: join(folder, 'taskwell.db'), synchronous: 'normal' as const }
  return { config, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The databases go with the server at the end of the run. */
async function createOnServer(template: string): Promise<TestStore> {
  const postgresUrl = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(postgresUrl, name, template)
  return { config: { kind: 'postgres', url: postgresUrl + name }, remove: () => {} }
}

/** Both databases, for `describe.each`. */
export const databases = [sqlite, postgres] as const satisfies readonly TestDatabaseKind[]
