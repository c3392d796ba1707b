import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open.ts'
import { startServer } from '../src/start.ts'
import { databases } from './databases.ts'
import { startApp } from './start-app.ts'

const rows = 20_000

describe.each(databases)('retention of many rows on %s', (database) => {
  test('a start with 20,000 tasks to erase or remove answers requests quickly meanwhile', async () => {
    const { config: store, remove } = await database.prepare()
    const secret = { AUTH_SECRET: 'the same secret for both of them, at least 32' }
    const app = await startApp({ prepare: async () => ({ config: store, remove: () => {} }) }, secret)
    const [busy, other] = [await app.createUser(), await app.createUser()]
    for (const { client } of [busy, other]) await client.createTask({ body: { title: 'first' } })
    const { id: spaceId } = await app.db
      .selectFrom('spaces')
      .select('id')
      .where('owner_id', '=', busy.id)
      .executeTakeFirstOrThrow()
    const longAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    const task = (n: number) => ({
      space_id: spaceId,
      id: randomUUID(),
      title: n % 2 === 0 ? `Task ${n}` : '',
      description: n % 2 === 0 ? 'Long forgotten, and yet there. '.repeat(10) : null,
      priority: 2,
      due_date: null,
      due_time: null,
      due_time_zone: null,
      due_at: null,
      version: 2,
      revision: n + 2,
      created_at: longAgo(200),
      updated_at: longAgo(100),
      completed_at: null,
      deleted_at: longAgo(n % 2 === 0 ? 40 : 120),
      erased_at: n % 2 === 0 ? null : longAgo(91),
      title_key: '',
      search_text: n % 2 === 0 ? `task ${n}\n${'long forgotten, and yet there. '.repeat(10)}` : '',
    })
    for (let n = 0; n < rows; n += 500) {
      await app.db
        .insertInto('tasks')
        .values(Array.from({ length: 500 }, (_, index) => task(n + index)))
        .execute()
    }
    await app.db
      .updateTable('spaces')
      .set({ revision: rows + 1 })
      .where('id', '=', spaceId)
      .execute()
    const { config } = app
    await app.stop()

    const server = await startServer(config, { log: pino({ level: 'silent' }) })
    const times: number[] = []
    const ask = async (token: string, path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const began = performance.now()
      const reply = await fetch(server.baseUrl + path, { ...init, headers })
      const body: unknown = await reply.json()
      times.push(performance.now() - began)
      expect(reply.status).toBeLessThan(300)
      return body
    }
    const handle = openDatabase(store)
    const left = async () => {
      const { count } = await handle
        .selectFrom('tasks')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('space_id', '=', spaceId)
        .where('deleted_at', 'is not', null)
        .where('erased_at', 'is', null)
        .executeTakeFirstOrThrow()
      return count
    }
    let rounds = 0
    for (; rounds < 3_000 && (await left()) > 0; rounds++) {
      for (const user of [busy, other]) {
        await ask(user.token, '/api/tasks', { method: 'POST', body: '{"title":"meanwhile"}' })
        await ask(user.token, '/api/tasks?limit=10')
      }
    }
    const sorted = times.toSorted((a, b) => a - b)
    expect(rounds).toBeGreaterThan(5)
    expect(await left()).toBe(0)
    expect(sorted.at(Math.floor(sorted.length * 0.95))).toBeLessThan(250)
    expect(sorted.at(-1)).toBeLessThan(1_000)
    const space = await handle.selectFrom('spaces').selectAll().where('id', '=', spaceId).executeTakeFirstOrThrow()
    expect(space.floor).toBe(rows + 1)
    await handle.destroy()
    await server.stop()
    remove()
  }, 180_000)
})
