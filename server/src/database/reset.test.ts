import { describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { add, createUser, list } from '../tasks/testing.ts'
import { getEpoch, migrate, migrationStatus } from './migrate.ts'
import { openDatabase } from './open.ts'
import { dropEverything } from './reset.ts'

describe.each(databases)('dropping everything on %s', (database) => {
  test('leaves no table behind, and the store can be made anew and used', async () => {
    const { db, close } = await database.open()
    const before = await tableNames()
    const ada = await createUser(db)
    await add(ada, { title: 'Call the plumber', description: 'Before noon', dueDate: '2026-12-01', completed: true })
    const epoch = await getEpoch(db)

    await dropEverything(db)
    expect(await tableNames()).toEqual([])
    expect((await migrationStatus(db)).applied).toEqual([])

    await migrate(db)
    expect(await tableNames()).toEqual(before)
    for (const table of ['users', 'spaces', 'tasks', 'changes'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([])
    }
    expect(await getEpoch(db)).not.toBe(epoch)
    const grace = await createUser(db)
    expect((await list(grace, { q: 'plumber' })).items).toEqual([])
    await add(grace, { title: 'Visit the plumber' })
    expect((await list(grace, { q: 'plumber' })).items.map(({ title }) => title)).toEqual(['Visit the plumber'])
    await close()

    async function tableNames(): Promise<string[]> {
      const tables = await db.introspection.getTables()
      return tables.map(({ name }) => name).toSorted()
    }
  })

  test('works on a store that has nothing yet', async () => {
    const { config, remove } = await database.create()
    const db = openDatabase(config)
    await dropEverything(db)
    expect((await migrate(db)).length).toBeGreaterThan(0)
    await db.destroy()
    remove()
  })
})

// On SQLite the lock file tells that a server is there.
describe.each(databases.filter(({ kind }) => kind === 'postgres'))('dropping everything on %s', (database) => {
  test('is refused while somebody else is connected, and nothing is lost', async () => {
    const { db, config, close } = await database.open()
    const ada = await createUser(db)
    const server = openDatabase(config)
    await add({ ...ada, db: server }, { title: 'Call the plumber' })
    await expect(dropEverything(db)).rejects.toThrow('a server is using this database: stop it first')
    expect((await list(ada)).items).toHaveLength(1)
    await server.destroy()
    await expect.poll(() => dropEverything(db).then(() => 'done', String)).toBe('done')
    await close()
  })
})
