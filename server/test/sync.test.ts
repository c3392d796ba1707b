import type { Sync, SyncOptions, SyncSnapshot } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('the sync on %s', (database) => {
  let app: TestApp
  const open = new Set<Sync>()
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(async () => {
    for (const sync of open) await sync.close()
    await app.stop()
  })

  function startSync({ client }: TestUser, options: SyncOptions = {}): Sync {
    const sync = client.sync({ pauses: { first: 20, most: 200 }, ...options })
    open.add(sync)
    return sync
  }

  async function until(sync: Sync, condition: (snapshot: SyncSnapshot) => boolean): Promise<void> {
    await vi.waitUntil(() => condition(sync.getSnapshot()), { timeout: 5_000, interval: 5 })
  }

  test('shows a write at once, and every device has it in the end', async () => {
    const user = await app.createUser()
    const [phone, laptop] = [startSync(user), startSync(user)]
    await until(laptop, ({ status }) => status === 'live')
    const write = phone.createTask({ title: 'Water the plants' })
    const [id = ''] = write.taskIds
    expect(phone.getSnapshot()).toMatchObject({ pending: 1 })
    expect(phone.getSnapshot().tasks.get(id)).toMatchObject({ title: 'Water the plants', revision: 0 })
    expect(await write.settled).toEqual({ status: 'saved', revision: 1 })
    await until(laptop, ({ tasks }) => tasks.get(id)?.revision === 1)
    expect(phone.getSnapshot().tasks.get(id)).toEqual(laptop.getSnapshot().tasks.get(id))
    phone.deleteTask(id)
    await until(laptop, ({ tasks }) => typeof tasks.get(id)?.deletedAt === 'string')
    phone.emptyBin()
    expect(phone.getSnapshot().tasks.has(id)).toBe(false)
    await until(laptop, ({ tasks }) => !tasks.has(id))
    expect(phone.getSnapshot().refusals).toEqual([])
  })
})
