import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { fillStore, readStore } from '../../test/full-store.ts'
import { claimAlone } from '../database/lock.ts'
import { hasUnfinishedCopy } from '../database/migrate.ts'
import { type DatabaseConfig, openDatabase } from '../database/open.ts'
import { refuseLostStore } from '../database/store-safety.ts'
import { moveStore } from './index.ts'

const removers: (() => void)[] = []

afterEach(() => {
  for (const remove of removers.splice(0)) remove()
})

/** Each is read and filled once; nothing depends on which two meet. */
const pairs = databases.map((from) => ({ from, to: databases.find(({ kind }) => kind !== from.kind) ?? from }))

describe.each(pairs)('moving from $from.kind to $to.kind', ({ from, to }) => {
  test('brings every row, epoch and sessions included, and back again with the same digest', async () => {
    const { source, target } = await stores()
    const there = await moveStore({ from: source, to: target })
    const back = await newStore(from)
    expect(await moveStore({ from: target, to: back })).toEqual(there)
    const [before, after] = [await read(source), await read(back)]
    expect(after).toEqual(before)
    expect(after.found.length).toBeGreaterThan(0)
  })

  test('goes on where it was broken off, at any place, and no server starts on the half of it', async () => {
    const { source, target } = await stores()
    for (const rows of [1, 5, 12, 400]) {
      const progress = (done: number): void => {
        if (done >= rows) throw new Error('Pulled the plug')
      }
      await expect(moveStore({ from: source, to: target, progress })).rejects.toThrow('Pulled the plug')
      await expectHalf(target)
    }
    let again = 0
    await moveStore({ from: source, to: target, progress: (done) => void (again = done) })
    const copied = await read(target)
    expect(copied).toEqual({ ...(await read(source)), indexes: copied.indexes })
    expect(again).toBeLessThan(Object.values(copied.tables).flat().length)
  })

  test('notices that the source was used in between, and starts over', async () => {
    const { source, target } = await stores()
    const progress = (done: number): void => {
      if (done >= 400) throw new Error('Pulled the plug')
    }
    await expect(moveStore({ from: source, to: target, progress })).rejects.toThrow('Pulled the plug')
    const db = openDatabase(source)
    await db.updateTable('users').set({ name: 'Changed' }).execute()
    await db.destroy()
    await expect(moveStore({ from: source, to: target })).rejects.toThrow(/differs.*move again/)
    await moveStore({ from: source, to: target })
    expect((await read(target)).tables).toEqual((await read(source)).tables)
  })

  test('is refused while a server has either of them', async () => {
    const { source, target } = await stores()
    for (const held of [source, target]) {
      const claim = await claimAlone(held)
      await expect(moveStore({ from: source, to: target })).rejects.toThrow(/Another Taskwell|A server is using/)
      await claim.release()
    }
  })

  async function stores() {
    const { db, config, close } = await from.open()
    await fillStore(db)
    removers.push(() => void close())
    return { source: config, target: await newStore(to) }
  }
})

async function newStore(database: (typeof databases)[number]): Promise<DatabaseConfig> {
  const { config, remove } = await database.create()
  removers.push(remove)
  return config
}

async function read(config: DatabaseConfig) {
  const db = openDatabase(config)
  try {
    return await readStore(db)
  } finally {
    await db.destroy()
  }
}

/** A SQLite file has its name only once it is whole. */
async function expectHalf(config: DatabaseConfig): Promise<void> {
  if (config.kind === 'sqlite') return void expect(existsSync(config.file)).toBe(false)
  const db = openDatabase(config)
  const dataDir = mkdtempSync(join(tmpdir(), 'taskwell-half-'))
  expect(await hasUnfinishedCopy(db)).toBe(true)
  await expect(refuseLostStore(db, { database: config, dataDir })).rejects.toThrow(/move.*again/)
  rmSync(dataDir, { recursive: true })
  await db.destroy()
}
