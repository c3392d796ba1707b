import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { getEpoch, migrate, migrationStatus } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openDatabase } from './open.ts'

describe.each(databases)('migrations on %s', (database) => {
  test('bring a new store up to date once, and tell so', async () => {
    const { config, remove } = await database.create()
    const db = openDatabase(config)
    expect((await migrationStatus(db)).pending).toEqual(migrations.map(({ name }) => name))
    expect(await migrate(db)).toEqual(migrations.map(({ name }) => name))
    expect(await migrate(db)).toEqual([])
    expect(await migrationStatus(db)).toMatchObject({ pending: [], unknown: [] })
    await db.destroy()
    remove()
  })

  test('leave the store as it was when a step fails', async () => {
    const { db, close } = await database.open()
    const tables = (await db.introspection.getTables()).map(({ name }) => name)
    const failing = {
      name: '9999-failing',
      up: async (trx: Parameters<(typeof migrations)[number]['up']>[0]) => {
        await sql`create table half_done (id integer)`.execute(trx)
        await sql`insert into half_done values (1)`.execute(trx)
        await sql`select * from no_such_table`.execute(trx)
      },
    }
    await expect(migrate(db, [...migrations, failing])).rejects.toThrow(/no_such_table/)
    expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(tables)
    expect((await migrationStatus(db)).applied).not.toContain('9999-failing')
    await close()
  })

  test('refuse a store that a newer program has changed', async () => {
    const { db, close } = await database.open()
    await expect(migrate(db, [])).rejects.toThrow(/newer Taskwell/)
    await close()
  })

  test('give the store one epoch that stays', async () => {
    const { db, close } = await database.open()
    const epoch = await getEpoch(db)
    expect(epoch).toMatch(/^[0-9a-f-]{36}$/)
    expect(await getEpoch(db)).toBe(epoch)
    await close()
  })
})

// On SQLite a second server does not get this far: the lock file refuses it.
describe.each(databases.filter(({ kind }) => kind === 'postgres'))('migrations on %s', (database) => {
  test('let two processes start at once on a new store', async () => {
    const { config, remove } = await database.create()
    const stores = Array.from({ length: 4 }, () => openDatabase(config))
    const taken = await Promise.all(stores.map((db) => migrate(db)))
    expect(taken.flat().toSorted()).toEqual(migrations.map(({ name }) => name))
    await Promise.all(stores.map((db) => db.destroy()))
    remove()
  })
})
