import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { openDatabase } from '../database/open.ts'
import { cookieOf, openAuth, password, type TestAuth, tokenOf } from './test-auth.ts'

const hour = 60 * 60 * 1000

describe.each(databases)('finding the caller on %s', (database) => {
  let it: TestAuth
  let cookie: string
  let token: string
  beforeAll(async () => {
    it = await openAuth(database)
    const { headers } = await it.register()
    cookie = cookieOf(headers)
    token = tokenOf(headers)
  })
  afterAll(() => it.close())

  test('accepts every cookie and token that Better Auth makes', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { headers, body } = await it.login(it.visit(), { body: { email: 'ada@example.org', password } })
      const proofs = [
        { cookie: `theme=dark; ${cookieOf(headers)}; x=y` },
        { authorization: `Bearer ${tokenOf(headers)}` },
        { authorization: `bearer ${encodeURIComponent(tokenOf(headers))}` },
      ]
      for (const proof of proofs) {
        expect(await it.findCaller(proof)).toMatchObject({ session: body.session, user: body.user })
        const response = await it.native('/get-session', undefined, proof)
        expect(await response.json()).toMatchObject({ session: { id: body.session.id } })
      }
    }
  })

  test('refuses what was tampered with', async () => {
    const [name = '', value = ''] = cookie.split('=')
    const other = await it.login(it.visit(), { body: { email: 'ada@example.org', password } })
    const [, otherSignature = ''] = tokenOf(other.headers).split('.')
    const [raw = '', signature = ''] = decodeURIComponent(value).split('.')
    const flipped = (raw.startsWith('a') ? 'b' : 'a') + raw.slice(1)
    const forgeries = [
      `${raw}.${otherSignature}`,
      `${flipped}.${signature}`,
      `${raw}.${signature.slice(1)}`,
      `${raw}.`,
      raw,
      `.${signature}`,
      '',
      '%',
    ]
    for (const forgery of forgeries) {
      expect(await it.findCaller({ cookie: `${name}=${encodeURIComponent(forgery)}` })).toBeUndefined()
      expect(await it.findCaller({ authorization: `Bearer ${forgery}` })).toBeUndefined()
    }
    expect(await it.findCaller({ cookie: `${name}x=${value}` })).toBeUndefined()
    expect(await it.findCaller({})).toBeUndefined()
  })

  test('lets the header Authorization decide alone', async () => {
    for (const authorization of ['', 'Basic QTpC', 'Bearer', 'Bearer wrong', 'Bearer tw_unknown', token]) {
      expect(await it.findCaller({ cookie, authorization })).toBeUndefined()
    }
  })

  test('refuses a session that has expired', async () => {
    const { session } = (await it.findCaller({ cookie })) ?? {}
    const end = Date.parse(session?.expiresAt ?? '')
    expect(await it.findCaller({ cookie }, new Date(end))).toBeUndefined()
  })

  test('sees at once what is no longer so, whoever wrote it', async () => {
    const elsewhere = openDatabase(it.config)
    try {
      for (const db of [it.db, elsewhere]) {
        const { headers } = await it.login(it.visit(), { body: { email: 'ada@example.org', password } })
        const proof = { authorization: `Bearer ${tokenOf(headers)}` }
        const { caller, session } = (await it.findCaller(proof)) ?? {}
        expect(await it.findCaller(proof)).toMatchObject({ caller, session })
        const revision = (caller?.revision ?? 0) + 1
        await db
          .updateTable('spaces')
          .set({ revision })
          .where('id', '=', caller?.spaceId ?? '')
          .execute()
        expect(await it.findCaller(proof)).toMatchObject({ caller: { revision } })
        await db
          .deleteFrom('sessions')
          .where('id', '=', session?.id ?? '')
          .execute()
        expect(await it.findCaller(proof)).toBeUndefined()
      }
    } finally {
      await elsewhere.destroy()
    }
  })

  test('gives a user one space, also when many requests come first', async () => {
    const { headers, body } = await it.register({ email: 'space@example.org' })
    const proof = { cookie: cookieOf(headers) }
    const all = await Promise.all(Array.from({ length: 8 }, () => it.findCaller(proof)))
    expect(new Set(all.map((found) => found?.caller.spaceId)).size).toBe(1)
    expect(all[0]?.caller).toEqual({
      userId: body.user.id,
      spaceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timeZone: 'UTC',
      revision: 0,
      by: { kind: 'session', name: null },
      sessionId: body.session?.id,
    })
  })

  test('prolongs a session that was not used for a day, once, and hands on the cookie', async () => {
    const { headers } = await it.register({ email: 'old@example.org' })
    const proof = { cookie: cookieOf(headers) }
    const before = await it.findCaller(proof)
    expect(before?.setCookie).toBeUndefined()
    await makeOlder(it, before?.session.id ?? '', 30 * hour)
    const prolonged = await it.findCaller(proof)
    expect(prolonged?.setCookie).toEqual([expect.stringContaining('Max-Age=604800')])
    expect(Date.parse(prolonged?.session.expiresAt ?? '')).toBeGreaterThan(Date.now() + 6.9 * 24 * hour)
    expect((await it.findCaller(proof))?.setCookie).toBeUndefined()
  })

  test('never prolongs a session that is not to be remembered', async () => {
    const body = { email: 'ada@example.org', password, rememberMe: false }
    const { headers, body: reply } = await it.login(it.visit(), { body })
    const later = new Date(Date.now() + 23 * hour)
    const found = await it.findCaller({ authorization: `Bearer ${tokenOf(headers)}` }, later)
    expect(found?.session).toEqual(reply.session)
    const end = new Date(reply.session.expiresAt)
    expect(await it.findCaller({ authorization: `Bearer ${tokenOf(headers)}` }, end)).toBeUndefined()
  })
})

/** Turns a session's times back, as if it had been made earlier. */
async function makeOlder({ db }: TestAuth, id: string, milliseconds: number): Promise<void> {
  const row = await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const earlier = (time: string | Date) => new Date(new Date(time).getTime() - milliseconds).toISOString()
  await db
    .updateTable('sessions')
    .set({ updated_at: earlier(row.updated_at), expires_at: earlier(row.expires_at) })
    .where('id', '=', id)
    .execute()
}
