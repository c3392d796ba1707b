import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { getEpoch, migrate, migrationStatus } from './migrate.ts'
import { type Database, openDatabase } from './open.ts'
import { dropEverything } from './reset.ts'

describe.each(databases)('dropping everything on %s', (database) => {
  test('leaves no table behind, and the store can be made anew and used', async () => {
    const { db, close } = await database.open()
    const before = await tableNames()
    await insertUser(db)
    const epoch = await getEpoch(db)

    await dropEverything(db)
    expect(await tableNames()).toEqual([])
    expect((await migrationStatus(db)).applied).toEqual([])

    await migrate(db)
    expect(await tableNames()).toEqual(before)
    expect(await userCount(db)).toBe(0)
    expect(await getEpoch(db)).not.toBe(epoch)
    await insertUser(db)
    expect(await userCount(db)).toBe(1)
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
    const server = openDatabase(config)
    await insertUser(server)
    await expect(dropEverything(db)).rejects.toThrow('a server is using this database: stop it first')
    expect(await userCount(server)).toBe(1)
    await server.destroy()
    await expect.poll(() => dropEverything(db).then(() => 'done', String)).toBe('done')
    await close()
  })
})

async function insertUser(db: Database): Promise<void> {
  const at = new Date().toISOString()
  const person = { name: 'Ada', email: 'ada@example.org', image: null, time_zone: 'UTC' }
  const state = { email_verified: true, two_factor_enabled: false, created_at: at, updated_at: at }
  await db
    .insertInto('users')
    .values({ id: randomUUID(), ...person, ...state })
    .execute()
}

async function userCount(db: Database): Promise<number> {
  const users = await db.selectFrom('users').select('id').execute()
  return users.length
}
