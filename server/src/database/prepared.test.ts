import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { prepared } from './prepared.ts'
import { runTogether } from './run-together.ts'

interface Setting {
  name: string
  value: string
}

const find = prepared((db, { name }: { name: string }) =>
  db.selectFrom('settings').select('value').where('name', '=', name),
)
const insert = prepared((db, setting: Setting) => db.insertInto('settings').values(setting))
const change = prepared((db, { name, value }: Setting) =>
  db.updateTable('settings').set({ value }).where('name', '=', name),
)

describe.each(databases)('prepared statements on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test('see outside of a transaction what is committed, and inside what it has written', async () => {
    const { db } = store
    await insert(db, { name: 'a', value: '1' })
    expect(await find(db, { name: 'a' })).toEqual([{ value: '1' }])
    await db.transaction().execute(async (trx) => {
      await change(trx, { name: 'a', value: '2' })
      expect(await find(trx, { name: 'a' })).toEqual([{ value: '2' }])
      expect(await find(db, { name: 'a' })).toEqual([{ value: '1' }])
    })
    expect(await find(db, { name: 'a' })).toEqual([{ value: '2' }])
  })

  test.each([database].filter(({ kind }) => kind === 'postgres'))('are planned once a connection of %s', async () => {
    await store.db.connection().execute(async (db) => {
      for (const name of ['x', 'y', 'z']) await find(db, { name })
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from pg_prepared_statements
        where statement = ${find.of(db, { name: 'x' }).sql}`.execute(db)
      expect(rows).toEqual([{ count: 1 }])
    })
  })

  test('run together, with parameters of their own each; one that fails fails the transaction', async () => {
    const { db } = store
    await insert(db, { name: 'b', value: '1' })
    const write = (name: string) =>
      db
        .transaction()
        .execute((db) =>
          runTogether(db, [
            change.of(db, { name: 'b', value: '2' }),
            insert.of(db, { name, value: '3' }),
            change.of(db, { name: 'a', value: '4' }),
          ]),
        )
    await expect(write('b')).rejects.toThrow(/unique/i)
    expect(await find(db, { name: 'b' })).toEqual([{ value: '1' }])
    await write('c')
    const values = await Promise.all(['a', 'b', 'c'].map((name) => find(db, { name })))
    expect(values).toEqual([[{ value: '4' }], [{ value: '2' }], [{ value: '3' }]])
  })
})
