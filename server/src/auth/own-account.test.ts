import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import type { Found } from './find-caller.ts'
import { getAccount } from './get-account.ts'
import { getSession } from './get-session.ts'
import { cookieOf, openAuth, type TestAuth } from './test-auth.ts'
import { updateAccount } from './update-account.ts'

describe.each(databases)('the own account on %s', (database) => {
  let it: TestAuth
  let found: Found
  beforeAll(async () => {
    it = await openAuth(database)
    const { headers } = await it.register()
    const caller = await it.findCaller({ cookie: cookieOf(headers) })
    if (caller === undefined) throw new Error('The new session is not accepted')
    found = caller
    await it.register({ email: 'other@example.org', name: 'Other' })
  })
  afterAll(() => it.close())

  test('is read with and without the session', async () => {
    const ctx = it.contextOf(found)
    expect(await getSession(ctx, {})).toEqual({ body: { user: found.user, session: found.session } })
    expect(await getAccount(ctx, {})).toEqual({ body: found.user })
  })

  test('a session that has ended in the meantime is no session', async () => {
    const ctx = it.contextOf({ ...found, caller: { ...found.caller, sessionId: null } })
    await expect(getSession(ctx, {})).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('changes only what is sent', async () => {
    const renamed = await updateAccount(it.contextOf(found), { body: { name: ' Grace ' } })
    expect(renamed.body).toEqual({ ...found.user, name: 'Grace' })
    const moved = await updateAccount(it.contextOf(found), { body: { timeZone: 'europe/berlin' } })
    expect(moved.body).toEqual({ ...found.user, name: 'Grace', timeZone: 'Europe/Berlin' })
    const others = await it.db.selectFrom('users').select('name').where('id', '<>', found.user.id).execute()
    expect(others).toEqual([{ name: 'Other' }])
  })

  test('is marked as updated only when something is new', async () => {
    const updatedAt = async () => {
      const users = it.db.selectFrom('users').select('updated_at').where('id', '=', found.user.id)
      return new Date((await users.executeTakeFirstOrThrow()).updated_at).toISOString()
    }
    const { body } = await getAccount(it.contextOf(found), {})
    const before = await updatedAt()
    const later = it.contextOf(found, new Date('2030-01-01T00:00:00.000Z'))
    for (const same of [{}, { name: body.name }, { name: body.name, timeZone: body.timeZone }]) {
      expect(await updateAccount(later, { body: same })).toEqual({ body })
      expect(await updatedAt()).toBe(before)
    }
    await updateAccount(later, { body: { name: 'Hedy', timeZone: body.timeZone } })
    expect(await updatedAt()).toBe('2030-01-01T00:00:00.000Z')
  })

  test('refuses a time zone that there is not', async () => {
    const refused = updateAccount(it.contextOf(found), { body: { timeZone: 'Mars/x' } })
    await expect(refused).rejects.toMatchObject({ details: { errors: [{ path: '/body/timeZone' }] } })
  })
})
