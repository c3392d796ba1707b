import { createClient } from '@taskwell/api'
import { describe, expect, test } from 'vitest'
import { listTables, ownedRows } from './authorization/owned-rows.ts'
import { databases } from './databases.ts'
import { password, startApp, type TestApp } from './start-app.ts'

describe.each(databases)('a user made for tests on %s', (database) => {
  test('is in the store as one who registered', async () => {
    const app = await startApp(database)
    const [made, registered] = [await app.createUser(), await app.registerUser()]
    await registered.client.getAccount()
    const rows = await rowsOf(app, made)
    expect(rows).toEqual(await rowsOf(app, registered))
    expect(rows['users']).toHaveLength(1)
    for (const { token } of [made, registered]) expect(token).toMatch(/^\w{32}\.\S{44}$/)
    const { email } = made
    const signedIn = await createClient({ baseUrl: app.baseUrl }).login({ body: { email, password } })
    expect(signedIn.body.user.id).toBe(made.id)
    await app.stop()
  })
})

/** Without what differs between any two, and without mails: nobody writes to a user made for tests. */
async function rowsOf(app: TestApp, { id, email }: { id: string; email: string }): Promise<Record<string, string[]>> {
  const space = await app.db.selectFrom('spaces').select('id').where('owner_id', '=', id).executeTakeFirstOrThrow()
  const tables = (await listTables(app.db)).filter((name) => name !== 'mails')
  const rows = await ownedRows(app.db, tables, { id, email, spaceId: space.id })
  for (const each of Object.values(rows)) each.splice(0, each.length, ...each.map((row) => blur(row, email)).toSorted())
  return rows
}

function blur(row: string, email: string): string {
  return row
    .replaceAll(email, 'ADDRESS')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\$[\w+/]{22}\$[\w+/]{43}/, 'HASH')
    .replace(/"token":"\w{32}"/, 'TOKEN')
}
