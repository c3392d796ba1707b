import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, sql, type Transaction } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sqliteDialect } from './sqlite-dialect.ts'

interface Tables {
  notes: { id: number; text: string | null }
  parents: { id: number }
  children: { id: number; parent_id: number }
}

let folder: string
let db: Kysely<Tables>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taskwell-dialect-'))
  db = open()
  await sql`create table notes (id integer primary key, text text)`.execute(db)
  await sql`create table parents (id integer primary key)`.execute(db)
  await sql`create table children (
    id integer primary key, parent_id integer references parents (id) deferrable initially deferred)`.execute(db)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await db.destroy()
  rmSync(folder, { recursive: true, force: true })
})

describe('the settings of the connections', () => {
  test.each([
    ['full', 2],
    ['normal', 1],
  ] as const)(
    'are a write-ahead log, synchronous = %s, foreign keys and patience, for writing and reading',
    async (synchronous, level) => {
      const other = open(synchronous)
      const wanted = { journal_mode: 'wal', synchronous: level, foreign_keys: 1, busy_timeout: 5000 }
      expect(await pragmasOfWriter(other)).toEqual({ ...wanted, busy_timeout: 0 })
      expect(await pragmasOfReader(other)).toEqual(wanted)
      await other.destroy()
    },
  )

  test('are checked: what SQLite does not accept ends the opening', async () => {
    const inMemory = new Kysely<Tables>({ dialect: sqliteDialect({ file: ':memory:', synchronous: 'full' }) })
    await expect(read(inMemory)).rejects.toThrow('SQLite did not accept journal_mode = wal')
  })
})

describe('a transaction', () => {
  test('holds the right to write from its first moment, before it has written', async () => {
    const other = new BetterSqlite3(join(folder, 'test.db'), { timeout: 0 })
    await db.transaction().execute(async () => {
      expect(() => other.exec('begin immediate')).toThrow('database is locked')
    })
    expect(() => other.exec('begin immediate; rollback')).not.toThrow()
    other.close()
  })

  test('takes its changes of the schema back along with its rows', async () => {
    const failed = db.transaction().execute(async (trx) => {
      await sql`create table more (id integer)`.execute(trx)
      await sql`insert into more values (1)`.execute(trx)
      await insert(trx, 1)
      await sql`alter table notes add column colour text`.execute(trx)
      await sql`drop table children`.execute(trx)
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    const tables = await db.introspection.getTables()
    expect(tables.map(({ name }) => name).toSorted()).toEqual(['children', 'notes', 'parents'])
    expect(tables.find(({ name }) => name === 'notes')?.columns.map(({ name }) => name)).toEqual(['id', 'text'])
    expect(await read(db)).toEqual([])
  })

  test('sees its own rows, while a read outside sees committed ones only and does not wait', async () => {
    await insert(db, 1)
    await db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      expect(await read(trx)).toEqual([1, 2])
      // Waiting for the transaction would never end here.
      expect(await read(db)).toEqual([1])
    })
    expect(await read(db)).toEqual([1, 2])
  }, 2_000)

  test('is not joined by a write from outside, which waits for its end', async () => {
    let outside: Promise<unknown> = Promise.resolve()
    const failed = db.transaction().execute(async (trx) => {
      await insert(trx, 1)
      outside = insert(db, 2)
      await pause()
      expect(await read(trx)).toEqual([1])
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    await outside
    expect(await read(db)).toEqual([2])
  })

  test('takes its turn: writes and transactions run one after another in the order of their coming', async () => {
    const begun: string[] = []
    const insertNext = (on: Kysely<Tables>, text: string) => {
      const id = sql<number>`(select count(*) + 1 from notes)`
      return on.insertInto('notes').values({ id, text }).execute()
    }
    const transaction = (name: string) =>
      db.transaction().execute(async (trx) => {
        begun.push(name)
        await pause()
        await insertNext(trx, name)
        await pause()
        expect(begun.at(-1)).toBe(name)
      })
    const single = (name: string) => insertNext(db, name)
    await Promise.all([transaction('a'), single('b'), transaction('c'), single('d'), transaction('e')])
    const rows = await db.selectFrom('notes').select('text').orderBy('id').execute()
    expect(rows.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('that fails lets the next one, which was waiting, begin', async () => {
    const failed = db.transaction().execute(async (trx) => {
      await insert(trx, 1)
      await insert(trx, 1)
    })
    const next = db.transaction().execute((trx) => insert(trx, 2))
    await expect(failed).rejects.toThrow('UNIQUE constraint failed')
    await next
    expect(await read(db)).toEqual([2])
  })

  test('whose commit fails is taken back with all that were to be committed with it, and the next one works', async () => {
    const failed = db.transaction().execute(async (trx) => {
      await insert(trx, 1)
      await trx.insertInto('children').values({ id: 1, parent_id: 99 }).execute()
    })
    const waiting = insert(db, 2)
    waiting.catch(() => {})
    await expect(failed).rejects.toThrow('FOREIGN KEY constraint failed')
    await expect(waiting).rejects.toThrow('FOREIGN KEY constraint failed')
    await db.transaction().execute((trx) => insert(trx, 3))
    expect(await read(db)).toEqual([3])
    expect(await db.selectFrom('children').selectAll().execute()).toEqual([])
  })

  test('that SQLite itself took back, for want of space, tells that reason and lets the next one work', async () => {
    await sql`pragma max_page_count = 20`.execute(db)
    const failed = db.transaction().execute(async (trx) => {
      for (let id = 1; id < 100; id += 1) await insert(trx, id, 'x'.repeat(10_000))
    })
    await expect(failed).rejects.toThrow('database or disk is full')
    await sql`pragma max_page_count = 100000`.execute(db)
    await db.transaction().execute((trx) => insert(trx, 7))
    expect(await read(db)).toEqual([7])
  })

  test('that cannot begin, as another process writes, lets the next one try', async () => {
    const other = new BetterSqlite3(join(folder, 'test.db'))
    await sql`pragma busy_timeout = 0`.execute(db)
    other.exec('begin immediate')
    await expect(db.transaction().execute((trx) => insert(trx, 1))).rejects.toThrow('database is locked')
    other.exec('rollback')
    other.close()
    await db.transaction().execute((trx) => insert(trx, 2))
    expect(await read(db)).toEqual([2])
  })

  test('has no savepoints inside', async () => {
    const controlled = await db.startTransaction().execute()
    await expect(controlled.savepoint('half').execute()).rejects.toThrow('not supported')
    await controlled.rollback().execute()
    await insert(db, 1)
    expect(await read(db)).toEqual([1])
  })
})

describe('transactions that come at once', () => {
  test('are committed together, and each hears of it only then', async () => {
    const commits = countCommits()
    const seen: number[][] = []
    const writes = [1, 2, 3, 4].map((id) =>
      db
        .transaction()
        .execute(async (trx) => {
          await insert(trx, id)
          // Others that have ended, but nobody knows.
          seen.push(await read(db))
        })
        .then(() => read(db)),
    )
    const told = await Promise.all([...writes, insert(db, 5).then(() => read(db))])
    expect(seen).toEqual([[], [], [], []])
    expect(told).toEqual(Array.from({ length: 5 }, () => [1, 2, 3, 4, 5]))
    expect(commits()).toBe(1)
  })

  test('fail alone: what the others wrote stays', async () => {
    const commits = countCommits()
    const write = (id: number, fails: boolean) =>
      db.transaction().execute(async (trx) => {
        await insert(trx, id)
        if (fails) throw new Error(`${id} changed its mind`)
        return read(trx)
      })
    const results = await Promise.allSettled([write(1, true), write(2, false), write(3, true), write(4, false)])
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual([
      'Error: 1 changed its mind',
      [2],
      'Error: 3 changed its mind',
      [2, 4],
    ])
    expect(await read(db)).toEqual([2, 4])
    expect(commits()).toBe(1)
  })

  test('all fail when SQLite itself takes them back, those too that had ended well', async () => {
    await sql`pragma max_page_count = 20`.execute(db)
    let wroteOn: unknown
    const results = await Promise.allSettled([
      insert(db, 1),
      db.transaction().execute(async (trx) => {
        for (let id = 2; id < 100; id += 1)
          await insert(trx, id, 'x'.repeat(10_000)).catch((error) => (wroteOn = error))
      }),
      insert(db, 200),
    ])
    await sql`pragma max_page_count = 100000`.execute(db)
    const outcomes = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'written'))
    expect(outcomes).toEqual([
      'SqliteError: database or disk is full',
      'SqliteError: database or disk is full',
      'written',
    ])
    expect(String(wroteOn)).toContain('rolled back already')
    expect(await read(db)).toEqual([200])
  })

  test('do not wait for others for long: a group ends after a while', async () => {
    const commits = countCommits()
    const busy = (id: number) =>
      db.transaction().execute(async (trx) => {
        await insert(trx, id)
        const end = performance.now() + 30
        while (performance.now() < end);
      })
    await Promise.all([busy(1), busy(2), busy(3)])
    expect(commits()).toBe(3)
  })

  test('warn of one that waits for something else, while others wait for it', async () => {
    const warned = new Promise((resolve) => process.once('warning', resolve))
    await Promise.all([insert(db, 1), db.transaction().execute(() => pause())])
    expect(await warned).toMatchObject({ name: 'TransactionWarning' })
  })
})

describe('a statement', () => {
  test('is prepared once, kept while it is used, and given up when 500 others have come since', async () => {
    const prepare = vi.spyOn(BetterSqlite3.prototype, 'prepare')
    const prepared = (text: string) => prepare.mock.calls.filter(([source]) => source === text).length
    const run = (number: number) => sql.raw(`select ${number}`).execute(db)
    for (let number = 0; number < 3; number += 1) await run(0)
    expect(prepared('select 0')).toBe(1)
    for (let number = 1; number <= 499; number += 1) await run(number)
    await run(0)
    for (let number = 500; number <= 900; number += 1) await run(number)
    await run(0)
    expect(prepared('select 0')).toBe(1)
    expect(prepared('select 1')).toBe(1)
    await run(1)
    expect(prepared('select 1')).toBe(2)
    for (let number = 1000; number < 1500; number += 1) await run(number)
    await run(0)
    expect(prepared('select 0')).toBe(2)
  })

  test('is planned once, whatever its values are', async () => {
    await insert(db, 1)
    const find = (id: number, limit: number) =>
      db
        .selectFrom('notes')
        .leftJoin('children', (join) => join.onRef('children.id', '=', 'notes.id').on('parent_id', 'is', id))
        .select(['notes.id', 'parent_id'])
        .where('notes.id', '=', id)
        .limit(limit)
        .execute()
    await find(1, 1)
    // The driver makes one for the rows of a statement each time that SQLite has planned it.
    const makeRow = vi.spyOn(globalThis, 'Function')
    for (const id of [0, 1, 2]) expect(await find(id, id + 1)).toEqual(id === 1 ? [{ id, parent_id: null }] : [])
    expect(makeRow).not.toHaveBeenCalled()
    await sql`create table others (id integer primary key)`.execute(db)
    await find(1, 1)
    expect(makeRow).toHaveBeenCalledOnce()
  })

  test('goes on working when the schema has changed since it was prepared', async () => {
    await insert(db, 1)
    const all = () => sql`select * from notes`.execute(db).then(({ rows }) => rows)
    expect(await all()).toEqual([{ id: 1, text: null }])
    await sql`alter table notes add column colour text default 'red'`.execute(db)
    expect(await all()).toEqual([{ id: 1, text: null, colour: 'red' }])
  })

  test('tells how many rows it changed, and answers those it returns', async () => {
    await insert(db, 1)
    await insert(db, 2)
    const changed = await db.updateTable('notes').set({ text: 'new' }).executeTakeFirst()
    expect(changed.numUpdatedRows).toBe(2n)
    expect(await db.deleteFrom('notes').where('id', '=', 1).returning('text').execute()).toEqual([{ text: 'new' }])
    expect((await db.deleteFrom('notes').where('id', '=', 1).executeTakeFirst()).numDeletedRows).toBe(0n)
  })

  test('takes truth values and dates as SQLite writes them', async () => {
    const at = new Date('2026-11-23T09:30:15.250Z')
    const { rows } = await sql`select ${true} as yes, ${false} as no, ${at} as at, ${null} as missing`.execute(db)
    expect(rows).toEqual([{ yes: 1, no: 0, at: '2026-11-23T09:30:15.250Z', missing: null }])
  })

  test('that fails outside of a transaction lets the next one work', async () => {
    await insert(db, 1)
    const failed = insert(db, 1)
    const next = insert(db, 2)
    await expect(failed).rejects.toThrow('UNIQUE constraint failed')
    await next
    expect(await read(db)).toEqual([1, 2])
  })

  test('cannot be streamed', async () => {
    await expect(db.selectFrom('notes').selectAll().stream().next()).rejects.toThrow('page through the rows instead')
  })
})

describe('a disk that fails', () => {
  test.each([
    ['while a statement writes', 'insert'],
    ['at the commit', 'commit'],
  ])('%s ends all writing, and reading goes on', async (_, verb) => {
    let isFailing = true
    const failing = new Kysely<Tables>({
      dialect: sqliteDialect({
        file: join(folder, 'test.db'),
        synchronous: 'full',
        beforeWrite: (text) => {
          if (isFailing && text.startsWith(verb))
            throw new BetterSqlite3.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
        },
      }),
    })
    const write = () => failing.transaction().execute((db) => insert(db, 1))
    await expect(write()).rejects.toThrow('disk I/O error')
    isFailing = false
    await expect(write()).rejects.toThrow('Nothing is written since the disk failed')
    await expect(insert(failing, 1)).rejects.toThrow('Nothing is written since the disk failed')
    expect(await read(failing)).toEqual([])
    await failing.destroy()
  })

  test('differs from one that is full: what fits is written again', async () => {
    let isFull = true
    const full = new Kysely<Tables>({
      dialect: sqliteDialect({
        file: join(folder, 'test.db'),
        synchronous: 'full',
        beforeWrite: (text) => {
          if (isFull && text === 'commit')
            throw new BetterSqlite3.SqliteError('database or disk is full', 'SQLITE_FULL')
        },
      }),
    })
    const write = () => full.transaction().execute((db) => insert(db, 1))
    await expect(write()).rejects.toThrow('full')
    isFull = false
    await write()
    expect(await read(full)).toEqual([1])
    await full.destroy()
  })
})

function open(synchronous: 'full' | 'normal' = 'full'): Kysely<Tables> {
  return new Kysely({ dialect: sqliteDialect({ file: join(folder, 'test.db'), synchronous }) })
}

function insert(on: Kysely<Tables> | Transaction<Tables>, id: number, text: string | null = null) {
  return on.insertInto('notes').values({ id, text }).execute()
}

async function read(from: Kysely<Tables> | Transaction<Tables>): Promise<number[]> {
  const rows = await from.selectFrom('notes').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

const pragmas = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout']

/** Raw statements go to the connection that writes. */
async function pragmasOfWriter(from: Kysely<Tables>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const name of pragmas) {
    const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(from)
    found[name] = Object.values(rows[0] ?? {})[0]
  }
  return found
}

/** Selects outside a transaction go to the connection that reads; there, a pragma can be had as a table. */
async function pragmasOfReader(from: Kysely<Tables>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const name of pragmas) {
    const table = sql<Record<string, unknown>>`${sql.raw(`pragma_${name}`)}`.as('setting')
    const rows = await from.selectFrom(table).selectAll().execute()
    found[name] = Object.values(rows[0] ?? {})[0]
  }
  return found
}

/** Counts the commits in the write-ahead log, from now on. */
function countCommits(): () => number {
  const before = commitsInLog()
  return () => commitsInLog() - before
}

/** A frame that ends a commit tells how many pages the file has then (https://www.sqlite.org/fileformat.html#walformat). */
function commitsInLog(): number {
  const log = readFileSync(join(folder, 'test.db-wal'))
  const [header, frame] = [32, 24 + 4096]
  const frames = Math.floor((log.length - header) / frame)
  return Array.from({ length: frames }, (_, number) => log.readUInt32BE(header + number * frame + 4)).filter(Boolean)
    .length
}

/** Long enough for whatever does not wait to go on. */
function pause(): Promise<void> {
  return new Promise((done) => void setTimeout(done, 5))
}
