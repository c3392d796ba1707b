import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { fillStore, readStore } from '../../test/full-store.ts'
import { claimAlone } from '../database/lock.ts'
import { getEpoch, migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations/index.ts'
import { openDatabase } from '../database/open.ts'
import { storedTables } from '../database/tables.ts'
import { createBackup, restoreBackup } from './index.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taskwell-backup-'))
  file = join(folder, 'today.taskwell')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.each(databases)('a backup of %s', (database) => {
  test('has every table with rows of its own', async () => {
    const { db, close } = await database.open()
    const derived = /^(task_search|migrations)/
    const names = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !derived.test(name))
    const former = ['task_counts']
    expect([...names, ...former].toSorted()).toEqual(storedTables.map(({ name }) => name).toSorted())
    await close()
  })

  test.each(databases)('comes back on %s as it was, hostile texts and search index included', async (other) => {
    const { db, config, close } = await database.open()
    await fillStore(db)
    const before = await readStore(db)
    const { counts } = await createBackup({ database: config, file })
    expect(Object.values(counts).every((count) => count > 0)).toBe(true)

    const target = await other.create()
    await restoreBackup({ database: target.config, file, keepSessions: true })
    const restored = openDatabase(target.config)
    const after = await readStore(restored)
    expect(after.tables).toEqual({
      ...before.tables,
      settings: expect.any(Array),
      verifications: [],
      mails: before.tables['mails']?.filter((row) => !row.includes('waiting')),
    })
    expect(after.found).toEqual(before.found)
    expect(after.found.length).toBeGreaterThan(0)
    expect(after.indexes).toEqual((await readStore(await freshStore(other))).indexes)
    expect(await getEpoch(restored)).not.toBe(await getEpoch(db))
    await restored.destroy()
    target.remove()
    await close()
  })

  test('is of one moment, with every write that was done before, and neither waits for writers nor keeps them waiting', async () => {
    const { db, config, close } = await database.open()
    await fillStore(db)
    let written = 0
    let isDone = false
    const writer = (async () => {
      while (!isDone) {
        await db.transaction().execute(async (trx) => {
          await trx
            .insertInto('settings')
            .values({ name: `a-${written}`, value: 'one' })
            .execute()
          await trx
            .insertInto('settings')
            .values({ name: `z-${written}`, value: 'the other' })
            .execute()
        })
        written += 1
        await new Promise((resolve) => void setTimeout(resolve, 1))
      }
    })()
    let writtenBefore = 0
    for (let round = 0; round < 5; round++) {
      writtenBefore = written
      await createBackup({ database: config, file, force: true })
    }
    isDone = true
    await writer
    const names = settingsIn(file)
    expect(names.filter((name) => name.startsWith('a-')).length).toBe(
      names.filter((name) => name.startsWith('z-')).length,
    )
    expect(writtenBefore).toBeGreaterThan(0)
    expect(written).toBeGreaterThan(5)
    expect(names).toEqual(expect.arrayContaining(Array.from({ length: writtenBefore }, (_, index) => `a-${index}`)))
    await close()
  })
})

describe.each(databases)('restoring on %s', (database) => {
  test('ends sessions, reset links and waiting mails', async () => {
    const { db, config, close } = await database.open()
    await fillStore(db)
    await createBackup({ database: config, file })
    await db.destroy()
    await restoreBackup({ database: config, file, force: true })
    const store = openDatabase(config)
    const { tables } = await readStore(store)
    expect({ sessions: tables['sessions'], verifications: tables['verifications'] }).toEqual({
      sessions: [],
      verifications: [],
    })
    expect(tables['mails']?.length).toBe(1)
    expect(tables['api_tokens']?.length).toBe(1)
    await store.destroy()
    await close()
  })

  test('refuses accounts that are there, a store in use and a dry run: nothing changes', async () => {
    const { db, config, close } = await database.open()
    await fillStore(db)
    await createBackup({ database: config, file })
    await db.updateTable('users').set({ name: 'Since then' }).execute()
    const before = await readStore(db)
    await expect(restoreBackup({ database: config, file })).rejects.toThrow(/accounts in it.*--force/)
    const claim = await claimAlone(config)
    await expect(restoreBackup({ database: config, file, force: true })).rejects.toThrow(
      /Another Taskwell|A server is using/,
    )
    await claim.release()
    await restoreBackup({ database: config, file, force: true, dryRun: true })
    expect(await readStore(db)).toEqual(before)
    await close()
  })

  test('leaves the store as it was when it breaks off', async () => {
    const { db, config, close } = await database.open()
    await fillStore(db)
    await createBackup({ database: config, file })
    const before = await readStore(db)
    // Right by its own digest, and yet no store can be made of it.
    edit(file, (text) => rehash(text.replaceAll('"table":"changes"', '"table":"verifications"')))
    await expect(restoreBackup({ database: config, file, force: true })).rejects.toThrow(/column/)
    edit(file, (text) => rehash(text.replaceAll('"table":"verifications"', '"table":"no_such_table"')))
    await expect(restoreBackup({ database: config, file, force: true })).rejects.toThrow(/unknown table/)
    expect(await readStore(db)).toEqual(before)
    if (config.kind === 'sqlite') expect(readdirSync(join(config.file, '..')).join()).not.toContain('restoring')
    await close()
  })

  test('brings a backup of the first schema up to date', async () => {
    const { config, remove } = await database.create()
    const old = openDatabase(config)
    await migrate(old, migrations.slice(0, 1))
    await fillStore(old)
    await old.destroy()
    await createBackup({ database: config, file })
    await restoreBackup({ database: config, file, force: true })
    const store = openDatabase(config)
    expect(await migrate(store)).toEqual([])
    expect((await readStore(store)).found.length).toBeGreaterThan(0)
    await store.destroy()
    remove()
  })
})

test('a backup is not written over another file unless told so, and leaves nothing half-done', async () => {
  const { db, config, close } = await sqlite().open()
  writeFileSync(file, 'precious')
  await expect(createBackup({ database: config, file })).rejects.toThrow(/there already.*--force/)
  expect(readFileSync(file, 'utf8')).toBe('precious')
  await createBackup({ database: config, file, force: true })
  expect(readFileSync(file).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
  await db.schema.alterTable('idempotency_keys').renameTo('elsewhere').execute()
  await db.schema.alterTable('changes').renameColumn('revision', 'number').execute()
  await expect(createBackup({ database: config, file: `${file}-2` })).rejects.toThrow('revision')
  expect(readdirSync(folder)).toEqual(['today.taskwell'])
  await close()
})

test('restoring refuses a file that is damaged, cut short, foreign or missing, before anything is touched', async () => {
  const { db, config, close } = await sqlite().open()
  await fillStore(db)
  await createBackup({ database: config, file })
  const before = await readStore(db)
  const bad: [name: string, make: (copy: string) => void, message: RegExp][] = [
    ['cut', (copy) => truncateSync(copy, readFileSync(copy).length - 40), /damaged or not whole/],
    ['half', (copy) => truncateSync(copy, Math.floor(readFileSync(copy).length / 2)), /damaged or not whole/],
    ['flipped', (copy) => flip(copy), /damaged or not whole/],
    ['changed', (copy) => edit(copy, (text) => text.replace('Europe/Berlin', 'Europe/Lisbon')), /damaged or not whole/],
    [
      'without end',
      (copy) => edit(copy, (text) => text.slice(0, text.lastIndexOf('{"counts"'))),
      /damaged or not whole/,
    ],
    ['with more', (copy) => edit(copy, (text) => `${text}["more"]\n`), /damaged or not whole/],
    ['letter', (copy) => writeFileSync(copy, 'Dear Grandma, '.repeat(99)), /not a backup made by Taskwell/],
    [
      'zip of a letter',
      (copy) => writeFileSync(copy, gzipSync('{"dear":"Grandma"}\n')),
      /not a backup made by Taskwell/,
    ],
    ['newer format', (copy) => edit(copy, (text) => text.replace('"version":1', '"version":2')), /newer Taskwell/],
    [
      'newer schema',
      (copy) => edit(copy, (text) => text.replace('"0001-initial"', '"0001-initial","9999-x"')),
      /newer Taskwell.*9999-x/,
    ],
    ['missing', (copy) => rmSync(copy), /is not there/],
    ['empty', (copy) => writeFileSync(copy, ''), /damaged or not whole/],
  ]
  for (const [name, make, message] of bad) {
    const copy = join(folder, name)
    copyFileSync(file, copy)
    make(copy)
    await expect(restoreBackup({ database: config, file: copy, force: true }), name).rejects.toThrow(message)
  }
  expect(await readStore(db)).toEqual(before)
  await close()
})

test('restoring over a SQLite file keeps the one that was there, and over a damaged one, too', async () => {
  const { db, config, close } = await sqlite().open()
  const path = config.kind === 'sqlite' ? config.file : ''
  await fillStore(db)
  await createBackup({ database: config, file })
  await db.destroy()
  const restored = await restoreBackup({ database: config, file, force: true })
  expect(restored.kept).toBe(`${path}.before-restore`)
  expect(existsSync(`${path}.before-restore`)).toBe(true)
  writeFileSync(path, 'scrambled '.repeat(10_000))
  await expect(restoreBackup({ database: config, file })).rejects.toThrow(/cannot be read.*--force/)
  await restoreBackup({ database: config, file, force: true })
  const store = openDatabase(config)
  expect((await readStore(store)).found.length).toBeGreaterThan(0)
  await store.destroy()
  expect(readFileSync(`${path}.before-restore`, 'utf8')).toContain('scrambled')
  await close().catch(() => {})
})

const open: Awaited<ReturnType<(typeof databases)[number]['open']>>[] = []

afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
})

/** For what does not depend on the database. */
function sqlite() {
  const [found] = databases
  if (found === undefined) throw new Error('No SQLite')
  return found
}

async function freshStore(database: (typeof databases)[number]) {
  const store = await database.open()
  open.push(store)
  return store.db
}

function settingsIn(backup: string): string[] {
  const lines = gunzipSync(readFileSync(backup)).toString('utf8').split('\n')
  const begin = lines.findIndex((line) => line.startsWith('{"table":"settings"'))
  const rows = lines.slice(begin + 1)
  return rows
    .slice(
      0,
      rows.findIndex((line) => line.startsWith('{')),
    )
    .map((line) => String(JSON.parse(line)[0]))
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, gzipSync(change(gunzipSync(readFileSync(path)).toString('utf8'))))
}

function flip(path: string): void {
  const bytes = readFileSync(path)
  const place = bytes.length - 200
  bytes[place] = (bytes[place] ?? 0) ^ 0x10
  writeFileSync(path, bytes)
}

function rehash(text: string): string {
  const lines = text.trimEnd().split('\n')
  const body = lines.slice(1, -1)
  const counts: Record<string, number> = {}
  let table = ''
  for (const line of body) {
    if (line.startsWith('{')) counts[(table = JSON.parse(line).table)] = 0
    else counts[table] = (counts[table] ?? 0) + 1
  }
  const digest = createHash('sha256')
    .update(`${body.join('\n')}\n`)
    .digest('hex')
  return `${[lines[0], ...body, JSON.stringify({ counts, digest })].join('\n')}\n`
}
