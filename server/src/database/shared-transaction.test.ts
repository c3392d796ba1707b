import type { LogEvent } from 'kysely'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { type Database, openDatabase } from './open.ts'
import { inSharedTransaction } from './shared-transaction.ts'
import { lockName } from './sql.ts'

const [postgres] = databases.filter(({ kind }) => kind === 'postgres')
if (!postgres) throw new Error('PostgreSQL is missing')

let store: TestDatabase
let db: Database
const commands: string[] = []

beforeAll(async () => {
  store = await postgres.open()
  db = openDatabase(store.config, ({ query }: LogEvent) => {
    if (['begin', 'commit', 'rollback'].includes(query.sql)) commands.push(query.sql)
  })
  await sql`create table notes (note text not null unique deferrable initially deferred)`.execute(db)
})
afterAll(async () => {
  await db.destroy()
  await store.close()
})

async function write(db: Database, note: string): Promise<string> {
  await sql`insert into notes values (${note})`.execute(db)
  return note
}

async function notesLike(pattern: string): Promise<string[]> {
  const { rows } = await sql<{ note: string }>`select note from notes where note like ${pattern} order by 1`.execute(db)
  return rows.map(({ note }) => note)
}

test('work of one name that comes at once is committed together, in order', async () => {
  commands.length = 0
  const told: string[] = []
  const names = Array.from({ length: 20 }, (_, index) => `a${String(index).padStart(2, '0')}`)
  await Promise.all(
    names.map(async (name) => void told.push(await inSharedTransaction(db, 'one', (db) => write(db, name)))),
  )
  expect(told).toEqual(names)
  expect(await notesLike('a%')).toEqual(names)
  expect(commands.filter((command) => command === 'commit').length).toBeLessThan(10)
})

test('what fails takes nothing of the others back, and is told why', async () => {
  const work = [
    (db: Database) => write(db, 'b1'),
    async (db: Database) => {
      await write(db, 'b2')
      throw new Error('no')
    },
    async (db: Database) => {
      await write(db, 'b3')
      await sql`select 1 / 0`.execute(db)
    },
    (db: Database) => write(db, 'b4'),
  ]
  const outcomes = await Promise.allSettled(work.map((work) => inSharedTransaction<unknown>(db, 'one', work)))
  expect(outcomes).toMatchObject([
    { value: 'b1' },
    { reason: { message: 'no' } },
    { reason: { code: '22012' } },
    { value: 'b4' },
  ])
  expect(await notesLike('b%')).toEqual(['b1', 'b4'])
})

test('the first one failing is no harm to those that wait', async () => {
  const failing = inSharedTransaction(db, 'one', async (db) => {
    await write(db, 'c1')
    throw new Error('no')
  })
  const [first, second] = await Promise.allSettled([failing, inSharedTransaction(db, 'one', (db) => write(db, 'c2'))])
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
  expect(await notesLike('c%')).toEqual(['c2'])
})

test('when the commit fails, all are told so and nothing is written', async () => {
  // The constraint is checked at the commit.
  const outcomes = await Promise.allSettled(
    ['d1', 'd2', 'd2', 'd3'].map((note) => inSharedTransaction(db, 'one', (db) => write(db, note))),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
  expect(await notesLike('d%')).toEqual([])
})

test('a connection that ends takes all of a transaction back, and the next one works', async () => {
  const ended = ['e1', 'e2', 'e3'].map((note) =>
    inSharedTransaction(db, 'one', async (db) => {
      await write(db, note)
      if (note === 'e2') await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db)
      return note
    }),
  )
  const outcomes = await Promise.allSettled(ended)
  expect(outcomes[1]?.status).toBe('rejected')
  const told = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(await notesLike('e%')).toEqual(told)
  expect(await inSharedTransaction(db, 'one', (db) => write(db, 'e4'))).toBe('e4')
})

test('nobody waits for another transaction while holding what others have written', async () => {
  const other = openDatabase(store.config)
  const held = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const holder = other.transaction().execute(async (db) => {
    await lockName(db, 'key', 1_000)
    held.resolve()
    await release.promise
  })
  await held.promise
  let isTold = false
  const first = inSharedTransaction(db, 'one', (db) => write(db, 'f1'))
  const waiting = inSharedTransaction(db, 'one', async (db) => {
    const isHeld = await lockName(db, 'key', 5_000)
    await write(db, 'f3')
    isTold = true
    return isHeld
  })
  const second = inSharedTransaction(db, 'one', (db) => write(db, 'f2'))
  await first
  expect(await notesLike('f%')).toEqual(['f1'])
  expect(isTold).toBe(false)
  release.resolve()
  expect(await waiting).toBe(true)
  await second
  await holder
  expect(await notesLike('f%')).toEqual(['f1', 'f2', 'f3'])
  await other.destroy()
})

test('work of another name waits for none of it, and what waits too long is refused', async () => {
  const release = Promise.withResolvers<void>()
  const slow = inSharedTransaction(db, 'one', () => release.promise)
  const refused = inSharedTransaction(db, 'one', (db) => write(db, 'g1'))
  expect(await inSharedTransaction(db, 'two', (db) => write(db, 'g2'))).toBe('g2')
  await expect(refused).rejects.toMatchObject({ code: 'overloaded' })
  release.resolve()
  await slow
  expect(await inSharedTransaction(db, 'one', (db) => write(db, 'g3'))).toBe('g3')
  expect(await notesLike('g%')).toEqual(['g2', 'g3'])
})
