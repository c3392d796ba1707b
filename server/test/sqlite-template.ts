import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database/open.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty SQLite file for tests to copy. */
    sqliteTemplate: string
  }
}

/** Migrates once for the whole run: done for each test, it would take most of their time. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-template-'))
  const file = join(folder, 'taskwell.db')
  const db = openDatabase({ kind: 'sqlite', file, synchronous: 'full' })
  await migrate(db)
  await db.destroy()
  project.provide('sqliteTemplate', file)
  return () => rmSync(folder, { recursive: true, force: true })
}
