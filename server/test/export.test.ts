import { type Export, type NewTask, scopes } from '@taskwell/api'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases)('the export of an account on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  function open(user: TestUser, method = 'GET'): Promise<Response> {
    return fetch(`${app.baseUrl}/api/account/export`, { method, headers: { authorization: `Bearer ${user.token}` } })
  }

  async function fill(user: TestUser, count: number, description: string): Promise<void> {
    const inOneBatch = Math.min(100, Math.floor(200_000 / (description.length + 100)))
    for (let from = 0; from < count; from += inOneBatch) {
      const numbers = Array.from({ length: Math.min(inOneBatch, count - from) }, (_, index) => from + index)
      const operations = numbers.map((number) => ({
        op: 'create' as const,
        task: { title: `Task ${number}`, description } satisfies NewTask,
      }))
      await user.client.batchTasks({ body: { operations } })
    }
  }

  test('is a file with everything, and without secrets', async () => {
    const user = await app.createUser()
    const { client } = user
    const { body: task } = await client.createTask({
      body: { title: 'Read “Ödipus” 📖', description: 'first\nsecond' },
    })
    await client.updateTask({ params: task, body: { completed: true, priority: 'high' } })
    const { body: deleted } = await client.createTask({ body: { title: 'In the bin' } })
    await client.deleteTask({ params: deleted })
    const { body: erased } = await client.createTask({ body: { title: 'Erased' } })
    await client.deleteTask({ params: erased })
    await client.eraseTask({ params: erased })
    const { token, ...item } = (await client.createToken({ body: { name: 'Robot', scopes: [...scopes] } })).body

    const response = await open(user)
    const text = await response.text()
    const file: Export = JSON.parse(text)
    const today = file.exportedAt.slice(0, 10)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="taskwell-export-${today}.json"`)
    expect(response.headers.get('taskwell-revision')).toBe(String(file.revision))
    expect(file).toMatchObject({ format: 'taskwell-export', version: 1, revision: 7, tokens: [item] })
    expect(file.user).toEqual((await client.getAccount()).body)
    expect(file.sessions).toHaveLength(1)
    expect(file.events).toEqual((await client.listAccountEvents()).body.items)
    const live = (await client.listTasks()).body.items
    const bin = (await client.listTasks({ query: { deleted: true } })).body.items
    expect(file.tasks).toEqual([...live, ...bin].sort((a, b) => (a.id < b.id ? -1 : 1)))
    const histories = await Promise.all([task, deleted].map((params) => client.listTaskHistory({ params })))
    const items = histories.flatMap(({ body }) => body.items).sort((a, b) => a.revision - b.revision)
    expect(file.history).toEqual(items.map((item) => expect.objectContaining(item)))
    expect(file.history.map(({ taskId }) => taskId)).toEqual([task.id, task.id, deleted.id, deleted.id])
    for (const secret of [token, user.token.split('.')[0] ?? '', 'argon2', 'Erased']) expect(text).not.toContain(secret)
  })

  test('is as of one revision, whatever is written while it is read', async () => {
    const user = await app.createUser()
    await fill(user, 200, 'short')
    const before = (await user.client.exportAccount()).body
    const response = await open(user)
    const ids = before.tasks.map(({ id }) => id)
    const [first = '', second = ''] = ids.slice(-2)
    for (const id of ids.slice(-30))
      await user.client.updateTask({ params: { id }, body: { title: 'New', completed: true } })
    await user.client.updateTask({ params: { id: first }, body: { title: 'Newer', dueDate: '2027-01-01' } })
    await user.client.deleteTask({ params: { id: second } })
    await user.client.createTask({ body: { title: 'Created meanwhile' } })
    const file: Export = JSON.parse(await response.text())
    expect(file.revision).toBe(before.revision)
    expect(file.tasks).toEqual(before.tasks)
    expect(file.history).toEqual(before.history)
    const after = (await user.client.exportAccount()).body
    expect(after.tasks).not.toEqual(before.tasks)
    expect(after.tasks.length).toBe(201)
  })

  test('waits for a slow reader without keeping anybody else waiting', async () => {
    const user = await app.createUser()
    await fill(user, 300, 'x'.repeat(20_000))
    const { port } = new URL(app.baseUrl)
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    socket.write(
      `GET /api/account/export HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nAuthorization: Bearer ${user.token}\r\n\r\n`,
    )
    await new Promise((resolve) => socket.once('readable', resolve))
    const began = performance.now()
    for (let number = 0; number < 5; number++) await user.client.createTask({ body: { title: 'Meanwhile' } })
    expect(performance.now() - began).toBeLessThan(3_000)
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/\]\}\n\r\n0\r\n\r\n$/)
    expect(text).not.toContain('Meanwhile')
    // Each in `tasks` and in `history`.
    expect(text.match(/"title":"Task \d+","description"/g)).toHaveLength(600)
  }, 60_000)

  test('has no body for HEAD', async () => {
    const user = await app.createUser()
    const response = await open(user, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(await response.text()).toBe('')
  })
})
