import type { Task } from '@taskwell/api'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

const all: string[] = createRequire(import.meta.url)('big-list-of-naughty-strings')
const strings = [...new Set(all)].filter(
  (text) =>
    text !== '' && text === text.trim() && [...text].length <= 500 && text.isWellFormed() && !text.includes('\0'),
)
const searchable = strings.filter(
  (text) =>
    [...text].length <= 200 &&
    text
      .normalize('NFKD')
      .split(/\p{White_Space}+/u)
      .filter(Boolean).length <= 10,
)

describe.each(databases)('naughty strings on %s', (database) => {
  let app: TestApp
  let ada: TestUser
  const created: Task[] = []
  const ids = new Map<string, string>()
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off' })
    ada = await app.createUser()
    for (const title of strings) {
      const { body } = await ada.client.createTask({ body: { title, description: title } })
      created.push(body)
      ids.set(title, body.id)
    }
  })
  afterAll(() => app.stop())

  test('are many', () => {
    expect(strings.length).toBeGreaterThan(400)
    expect(searchable.length).toBeGreaterThan(400)
    expect(ids.size).toBe(strings.length)
  })

  test('come back as they were from the write', () => {
    expect(created.map(({ title }) => title)).toEqual(strings)
    expect(created.map(({ description }) => description)).toEqual(strings)
  })

  test('come back as they were when read', async () => {
    for (const [title, id] of ids) {
      const { body } = await ada.client.getTask({ params: { id } })
      expect(body).toMatchObject({ id, title, description: title })
    }
  })

  test.each(['createdAt', 'title', '-title'] as const)('come back as they were when listed by %s', async (sort) => {
    const listed = await listAll({ sort })
    expect(listed.size).toBe(strings.length)
    for (const [title, id] of ids) expect(listed.get(id)).toBe(title)
  })

  test('are found by themselves', async () => {
    for (const text of searchable) {
      const found = await listAll({ q: text })
      expect(found.get(ids.get(text) ?? ''), JSON.stringify(text)).toBe(text)
    }
  })

  test('do not find what they do not occur in', async () => {
    const eve = await app.createUser('Eve')
    await eve.client.createTask({ body: { title: 'ꙮ' } })
    for (const text of searchable.filter((candidate) => /^[\p{L}\p{N}%_*"'\\]+$/u.test(candidate))) {
      const { body } = await eve.client.listTasks({ query: { q: text } })
      expect(body.items, JSON.stringify(text)).toEqual([])
    }
  })

  async function listAll(query: { q?: string; sort?: 'createdAt' | 'title' | '-title' }): Promise<Map<string, string>> {
    const titles = new Map<string, string>()
    let cursor: string | undefined
    for (;;) {
      const { body } = await ada.client.listTasks({
        query: { ...query, limit: 200, ...(cursor !== undefined && { cursor }) },
      })
      for (const task of body.items) titles.set(task.id, task.title)
      if (body.nextCursor === null) return titles
      cursor = body.nextCursor
    }
  }
})
