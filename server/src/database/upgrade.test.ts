import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kysely, KyselyPlugin, RootOperationNode } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { databases } from '../../test/databases.ts'
import { fillStore, readStore } from '../../test/full-store.ts'
import { migrate, migrationStatus } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { type Database, type DatabaseConfig, openDatabase } from './open.ts'
import { upgrade } from './upgrade.ts'

vi.setConfig({ testTimeout: 90_000 })

/** One more than there are, so that there is always something to come. */
const next = {
  name: '9000-next',
  // oxlint-disable-next-line typescript/no-explicit-any -- as migrations are
  up: async (db: Kysely<any>) => {
    await db.schema.createTable('next').addColumn('id', 'integer').execute()
    await db.insertInto('next').values({ id: 1 }).execute()
    await db.schema.alterTable('users').addColumn('nickname', 'text').execute()
    await db.updateTable('users').set({ nickname: 'A' }).execute()
  },
}
const all = [...migrations, next]

describe.each(databases)('an upgrade on %s', (database) => {
  test.each(migrations.map(({ name }, index) => [name, index + 1] as const))(
    'from the schema of %s keeps every row',
    async (_, steps) => {
      const { db, config, close } = await oldStore(steps)
      const before = await readStore(db)
      await upgrade(db, { database: config, version: '9.9.9', migrations: all })
      const after = await readStore(db)
      for (const [table, rows] of Object.entries(before.tables)) {
        // Replaced by one that is counted anew.
        if (table === 'task_counts') continue
        expect(after.tables[table]?.length, table).toBe(rows.length)
      }
      expect(after.found).toEqual(before.found)
      await close()
    },
  )

  test('broken off at any statement leaves the store between two steps, and goes on from there', async () => {
    const { db, close } = await oldStore(1)
    let stops = 0
    for (let wanted = 1, done = 1, isBroken = true; isBroken; wanted += 1) {
      let statements = 0
      const failing = db.withPlugin(failAt(wanted, () => (statements += 1)))
      isBroken = await migrate(failing, all).then(
        () => false,
        (error: unknown) => String(error) === 'Error: Pulled the plug',
      )
      stops += Number(isBroken)
      const { applied } = await migrationStatus(db, all)
      expect(applied).toEqual(all.slice(0, applied.length).map(({ name }) => name))
      expect((await tableNames(db)).includes('next')).toBe(applied.includes(next.name))
      // The next step is broken off from its first statement on.
      if (applied.length > done) wanted = 0
      done = applied.length
    }
    expect(stops).toBeGreaterThan(8)
    expect((await migrationStatus(db, all)).pending).toEqual([])
    await close()
  })

  async function oldStore(steps: number) {
    const { config, remove } = await database.create()
    const db = openDatabase(config)
    await migrate(db, migrations.slice(0, steps))
    await fillStore(db)
    return { db, config, close: () => db.destroy().then(remove) }
  }
})

describe('before an upgrade a SQLite file', () => {
  const [sqlite] = databases
  if (sqlite === undefined) throw new Error('No SQLite')

  test('is copied, and the copy is the store as it was', async () => {
    const { db, config, folder, close } = await store()
    await fillStore(db)
    const before = await readStore(db)
    const { kept, taken } = await upgrade(db, { database: config, version: '1.2.3', migrations: all })
    expect({ kept, taken }).toEqual({ kept: `${folder}/taskwell.db.before-1.2.3`, taken: [next.name] })
    const copy = openDatabase({ kind: 'sqlite', file: kept ?? '', synchronous: 'full' })
    expect(await readStore(copy)).toEqual(before)
    await copy.destroy()
    expect(await upgrade(db, { database: config, version: '1.2.4', migrations: all })).toEqual({
      taken: [],
      kept: undefined,
    })
    await close()
  })

  test('is not copied when it is new', async () => {
    const { config, remove } = await sqlite.create()
    const db = openDatabase(config)
    expect((await upgrade(db, { database: config, version: '1.2.3' })).kept).toBeUndefined()
    await db.destroy()
    remove()
  })

  test('leaves three copies at most, the newest, and other files alone', async () => {
    const { db, config, folder, close } = await store()
    for (const version of ['0.1.0', '0.2.0', '0.3.0', '0.4.0'])
      writeFileSync(`${folder}/taskwell.db.before-${version}`, '')
    writeFileSync(`${folder}/taskwell.db.before-restore`, '')
    const { utimesSync } = await import('node:fs')
    for (const [index, version] of ['0.1.0', '0.2.0', '0.3.0', '0.4.0'].entries()) {
      utimesSync(`${folder}/taskwell.db.before-${version}`, index, index)
    }
    await upgrade(db, { database: config, version: '0.5.0', migrations: all })
    const kept = readdirSync(folder).filter((name) => name.includes('before'))
    expect(kept.toSorted()).toEqual(['0.3.0', '0.4.0', '0.5.0', 'restore'].map((end) => `taskwell.db.before-${end}`))
    await close()
  })

  test('keeps the copy from before the first try when a later step fails', async () => {
    const { db, config, folder, close } = await store()
    const failing = { name: '9001-failing', up: () => Promise.reject(new Error('Pulled the plug')) }
    const steps = { database: config, version: '1.2.3', migrations: [...all, failing] }
    await expect(upgrade(db, steps)).rejects.toThrow('Pulled the plug')
    await expect(upgrade(db, steps)).rejects.toThrow('Pulled the plug')
    const copy = openDatabase({ kind: 'sqlite', file: `${folder}/taskwell.db.before-1.2.3`, synchronous: 'full' })
    expect((await migrationStatus(copy, all)).pending).toEqual([next.name])
    await copy.destroy()
    await close()
  })

  async function store() {
    if (sqlite === undefined) throw new Error('No SQLite')
    const { db, config, close } = await sqlite.open()
    const file = fileOf(config)
    expect(existsSync(file)).toBe(true)
    return { db, config, folder: dirname(file), close }
  }
})

function fileOf(config: DatabaseConfig): string {
  return config.kind === 'sqlite' ? config.file : ''
}

async function tableNames(db: Database): Promise<string[]> {
  return (await db.introspection.getTables()).map(({ name }) => name)
}

/** Lets the statement run and then fails, as a kill between it and the next would. */
function failAt(number: number, count: () => number): KyselyPlugin {
  return {
    transformQuery: ({ node }): RootOperationNode => node,
    transformResult: async ({ result }) => {
      if (count() === number) throw new Error('Pulled the plug')
      return result
    },
  }
}
