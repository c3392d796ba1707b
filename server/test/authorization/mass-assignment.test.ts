import { contract, type Endpoint } from '@taskwell/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../databases.ts'
import { createRequests, expectProblem, jsonAs, type Requests } from '../requests-http.ts'
import { startApp, type TestApp, type TestUser } from '../start-app.ts'

const writes = (Object.entries(contract) as [string, Endpoint][]).filter(([, { body }]) => body !== undefined)
/** What a native update may change, by the names of requests and of columns. */
const changeable = new Set(['name', 'image', 'timeZone', 'time_zone', 'updated_at'])

/** Every name of a property in a schema, however deep. */
function namesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return names
  if ('properties' in value) for (const name of Object.keys(value.properties ?? {})) names.add(name)
  for (const part of Object.values(value)) namesIn(part, names)
  return names
}

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('names that are not taken, on %s:', (database) => {
  let app: TestApp
  let requests: Requests
  let user: TestUser
  let known: string[]
  beforeAll(async () => {
    app = await startApp(database)
    requests = createRequests(app.baseUrl)
    user = await app.createUser()
    const tables = await app.db.introspection.getTables()
    const columns = tables.flatMap((table) => table.columns.map(({ name }) => name))
    const camel = columns.map((name) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
    known = [...new Set([...namesIn(contract), ...columns, ...camel, '__proto__', 'constructor', 'role'])]
    if (known.length < 120) throw new Error('Most names were not found')
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  test.each(writes)('%s refuses every one that it does not declare', async (_, { method, path, body }) => {
    const declared = new Set(Object.keys(body?.properties ?? {}))
    const id = (await user.client.createTask({ body: { title: 'Mine' } })).body.id
    for (const name of known.filter((each) => !declared.has(each))) {
      const reply = await requests.send({
        method,
        path: path.replace(':id', id),
        headers: jsonAs(user.token),
        body: `{${JSON.stringify(name)}:"x"}`,
      })
      const { errors = [] } = expectProblem(reply, 422, 'validation_failed')
      expect(errors.map((error) => error.path)).toContain(`/body/${name}`)
    }
  })

  test("Better Auth's update of a user changes what it may, and nothing by any other name", async () => {
    const rows = async () => {
      const users = await app.db.selectFrom('users').selectAll().where('id', '=', user.id).execute()
      const accounts = await app.db.selectFrom('accounts').selectAll().where('user_id', '=', user.id).execute()
      const kept = users.map((row) => Object.entries(row).filter(([name]) => !changeable.has(name)))
      return { kept, accounts }
    }
    const before = await rows()
    for (const name of known)
      for (const value of ['"x"', 'true', 'null']) {
        const { status, text } = await requests.send({
          method: 'POST',
          path: '/api/auth/update-user',
          headers: jsonAs(user.token),
          body: `{"name":"Ada",${JSON.stringify(name)}:${value}}`,
        })
        expect(status, `${name} ${text}`).toBeLessThan(500)
      }
    expect(await rows()).toEqual(before)
  })
})
