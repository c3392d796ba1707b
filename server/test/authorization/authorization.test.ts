import { randomUUID } from 'node:crypto'
import { contract, createClient, type Endpoint, type OperationName, scopes } from '@taskwell/api'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openAuth } from '../../src/auth/test-auth.ts'
import { databases } from '../databases.ts'
import { answerOf, type Heard, listenTo, openSocket } from '../listen.ts'
import { type MailServer, startMailServer } from '../mail-server.ts'
import { createRequests, expectProblem, type Requests } from '../requests-http.ts'
import { password, startApp, type TestApp } from '../start-app.ts'
import { ask, fillWith, type Meant, withoutChance } from './ask.ts'
import { createPerson, type Person } from './cast.ts'
import { type Call, matrix, type Row } from './matrix.ts'
import { nativeMatrix, type NativeRow } from './native-matrix.ts'
import { listTables, ownedRows } from './owned-rows.ts'

const operations = Object.entries(contract) as [OperationName, Endpoint][]
const closed = operations.filter(([name]) => matrix[name].door !== 'anybody')
const slots = operations.flatMap(([name, endpoint]) =>
  (matrix[name].slots ?? []).map((slot) => [name, slot.at, endpoint, slot] as const),
)
const natives = Object.entries(nativeMatrix)

test('every operation of the contract has a row, every parameter of a path a slot, every cursor too', () => {
  expect(Object.keys(matrix).toSorted()).toEqual(Object.keys(contract).toSorted())
  for (const [name, { params, query }] of operations) {
    const known = JSON.stringify(matrix[name].slots ?? [])
    for (const parameter of Object.keys(params?.properties ?? {})) expect(known, name).toContain(`"${parameter}":"$`)
    if (query && 'cursor' in query.properties) expect(known, name).toContain('cursor=$')
  }
})

test("every one of Better Auth's own routes has a row", async () => {
  const [database] = databases
  if (!database) throw new Error('There is no database')
  const { auth, close } = await openAuth(database)
  const paths = Object.values(auth.api).flatMap((route: { path?: string }) => route.path ?? [])
  expect([...new Set([...paths, '/sign-in/social'])].toSorted()).toEqual(Object.keys(nativeMatrix).toSorted())
  await close()
})

describe.each(databases)('no way in for anybody else on %s:', (database) => {
  let mails: MailServer
  let app: TestApp
  let requests: Requests
  let owner: Person
  /** Asks for what is not there, so that nothing of what is refused becomes their own. */
  let stranger: Person
  /** Does what is allowed, in the own account. */
  let settler: Person
  let settlersToken: string
  let ear: Heard
  let tables: string[]
  let before: Record<string, string[]>
  let events: number
  const secrets: string[] = [password, 'another good one']
  beforeAll(async () => {
    mails = await startMailServer()
    app = await startApp(database, { SMTP_URL: mails.url, MAIL_FROM: 'tasks@example.org', LOG_LEVEL: 'trace' })
    requests = createRequests(app.baseUrl)
    owner = await createPerson(app, 'Ada', 80)
    stranger = await createPerson(app, 'Eve', 1)
    settler = await createPerson(app, 'Mallory', 1)
    settlersToken = settler.token
    ear = await listenTo(app.baseUrl, { token: owner.token })
    for (const { token, things } of [owner, stranger, settler])
      secrets.push(token, things.session.token, things.session.endedToken, ...things.secrets.values())
    tables = await listTables(app.db)
    before = await ownedRows(app.db, tables, owner)
    events = eventsOfOwner()
  })
  afterAll(async () => {
    ear.socket.disconnect()
    requests.close()
    await app.stop()
    await mails.stop()
  })
  // What each test has left as it was.
  afterEach(async () => {
    /* oxlint-disable vitest/no-standalone-expect */
    expect(await ownedRows(app.db, tables, owner)).toEqual(before)
    expect(eventsOfOwner()).toBe(events)
    expect([ear.changes, ear.users, ear.others, ear.socket.connected]).toEqual([[], [], [], true])
    /* oxlint-enable vitest/no-standalone-expect */
  })

  const eventsOfOwner = () => app.events.filter(({ spaceId }) => spaceId === owner.spaceId).length
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const cookie = (token: string) => ({ cookie: `better-auth.session_token=${encodeURIComponent(token)}` })

  /** Ways to come without being let in, and with the owner's things in hand. */
  function outsiders(): [string, Record<string, string>][] {
    const { session, token } = owner.things
    return [
      ['nobody', {}],
      ['an ended session', bearer(session.endedToken)],
      ['the cookie of an ended session', cookie(session.endedToken)],
      ['a deleted token', bearer(token.deletedSecret)],
      ['an expired token', bearer(token.expiredSecret)],
      ['a bad token beside a good cookie', { ...cookie(owner.token), ...bearer(token.deletedSecret) }],
      ['a session signed by somebody else', bearer(`${owner.token.split('.')[0]}.${'A'.repeat(43)}=`)],
    ]
  }

  /** What the owner would ask for. */
  function rightCall({ call, slots = [] }: Row): Call | undefined {
    return slots[0]?.call ?? call
  }

  test.each(closed)('%s refuses whoever is not let in', async (name, endpoint) => {
    const row = matrix[name]
    const fill = fillWith(row.slots?.[0]?.sort ?? 'task', 'foreign', { owner, asker: owner })
    for (const [who, headers] of outsiders()) {
      const reply = await ask(requests, endpoint, { call: rightCall(row), fill, headers })
      expect({ who, status: reply.status }).toEqual({ who, status: 401 })
      expectProblem(reply, 401, 'unauthenticated')
    }
    for (const [held, secret] of owner.things.secrets) {
      if (held === row.door || (held === 'all' && row.door !== 'session')) continue
      const reply = await ask(requests, endpoint, { call: rightCall(row), fill, headers: bearer(secret) })
      expectProblem(reply, 403, 'token_scope')
    }
  })

  test.each(closed)('%s of somebody else touches nothing', async (name, endpoint) => {
    const headers =
      name === 'deleteAccount' ? bearer((await createPerson(app, 'Trudy', 1)).token) : bearer(await signedIn())
    const fill = fillWith('task', 'never', { owner, asker: settler })
    const reply = await ask(requests, endpoint, { call: matrix[name].call, fill, headers })
    expect(reply.status, reply.text).toBeLessThan(500)
    for (const mark of [owner.id, owner.email, owner.spaceId, owner.things.task.own, owner.things.session.own])
      expect(reply.text + JSON.stringify(reply.headers)).not.toContain(mark)
  })

  /** A token of the settler, whatever became of the one before and of the password. */
  async function signedIn(): Promise<string> {
    await app.db.deleteFrom('two_factors').execute()
    await app.db.updateTable('users').set({ two_factor_enabled: false }).where('id', '=', settler.id).execute()
    const accounts = app.db.selectFrom('accounts').select('password')
    const owners = await accounts.where('user_id', '=', owner.id).executeTakeFirstOrThrow()
    await app.db.updateTable('accounts').set(owners).where('user_id', '=', settler.id).execute()
    const { status } = await requests.send({ path: '/api/auth/session', headers: bearer(settlersToken) })
    if (status === 200) return settlersToken
    settlersToken = (await app.createSession(settler)).token
    secrets.push(settlersToken)
    return settlersToken
  }

  test.each(slots)("%s (%s) takes another's thing for one that never was", async (name, _, endpoint, slot) => {
    const isRefused = slot.foreign >= 400
    const asker = isRefused ? stranger : settler
    const headers = bearer(isRefused ? stranger.token : await signedIn())
    const send = (meant: Meant, who = asker, as = headers) =>
      ask(requests, endpoint, { call: slot.call, fill: fillWith(slot.sort, meant, { owner, asker: who }), headers: as })
    const [foreign, never] = [await send('foreign'), await send('never')]
    expect(foreign.status, `${name}: ${foreign.text}`).toBe(slot.foreign)
    expect(withoutChance(foreign)).toEqual(withoutChance(never))
    expect((await send('wrong')).status, 'wrong type').toBe(slot.wrongType)
    if (slot.deleted === undefined) return
    expect((await send('deleted', owner, bearer(owner.token))).status, 'deleted').toBe(slot.deleted)
  })

  const fillNative = (text: string, person: Person) =>
    text.replaceAll('$sessionToken', person.things.session.token.split('.')[0] ?? '').replaceAll('$email', owner.email)

  const askNative = (path: string, row: NativeRow, headers: Record<string, string>, person: Person) => {
    const { method = 'POST', body, query = '' } = row
    return requests.send({
      method,
      path: fillNative(`/api/auth${path.replace(/:\w+/, '$sessionToken')}${query}`, person),
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: fillNative(JSON.stringify(body), person) }),
    })
  }

  test.each(natives)('%s of Better Auth is closed to whoever is not let in', async (path, row) => {
    const refused = row.door === 'absent' ? 404 : (row.refused ?? 401)
    const tokens = [...owner.things.secrets].map(([held, secret]) => [`a token for ${held}`, bearer(secret)] as const)
    const all = [...outsiders(), ...tokens]
    await Promise.all(
      all.map(async ([who, headers]) => {
        const { status, text } = await askNative(path, row, headers, owner)
        if (row.door !== 'anybody') expect({ who, status }, text).toEqual({ who, status: refused })
        expect(status, text).toBeLessThan(500)
        expect(text).not.toContain(owner.id)
      }),
    )
  })

  test.each(natives.filter(([path]) => path !== '/sign-out'))(
    '%s of Better Auth ends at the own account',
    async (path, row) => {
      const never = { ...owner, things: { ...owner.things, session: { ...owner.things.session, token: randomUUID() } } }
      const nobodys = await askNative(path, row, bearer(await signedIn()), never)
      const others = await askNative(path, row, bearer(await signedIn()), owner)
      expect(others.status, others.text).toBe(nobodys.status)
      expect(others.text).not.toContain(owner.id)
    },
  )

  test('nobody opens a connection, but the owner and a token that may read tasks', async () => {
    for (const [who, headers] of outsiders()) {
      const { authorization, ...rest } = headers as Record<string, string>
      const token = authorization?.slice('Bearer '.length)
      const socket = openSocket(app.baseUrl, { ...(token && { token }), since: 0 }, rest)
      expect({ who, answer: await answerOf(socket) }).toEqual({ who, answer: { code: 'unauthenticated' } })
      socket.disconnect()
    }
    for (const held of [...scopes, 'all'] as const) {
      const socket = openSocket(app.baseUrl, { token: owner.things.secrets.get(held) ?? '' })
      const isLetIn = held === 'tasks:read' || held === 'all'
      expect({ held, answer: await answerOf(socket) }).toEqual({
        held,
        answer: isLetIn ? 'ready' : { code: 'unauthenticated' },
      })
      socket.disconnect()
    }
  })

  test('the place of another in a handshake brings nothing of theirs', async () => {
    const since = Number(owner.things.revision)
    const token = await signedIn()
    const heard = await listenTo(app.baseUrl, { token, since, epoch: ear.ready.epoch })
    expect(heard.ready.revision).not.toBe(ear.ready.revision)
    await createClient({ baseUrl: app.baseUrl, token: () => token }).createTask({
      body: { title: 'x' },
    })
    await expect.poll(() => heard.changes.length).toBeGreaterThan(0)
    expect(JSON.stringify(heard.changes)).not.toContain(owner.things.task.own)
    heard.socket.disconnect()
  })

  test('who has not confirmed the address gets nothing to come in with', async () => {
    const email = `${randomUUID()}@example.com`
    const headers = { 'content-type': 'application/json' }
    for (const [path, status] of [
      ['/register', 201],
      ['/login', 403],
      ['/sign-in/email', 403],
      ['/sign-up/email', 200],
    ] as const) {
      const body = JSON.stringify({ email, password, ...(/register|sign-up/.test(path) && { name: 'Eve' }) })
      const reply = await requests.send({ method: 'POST', path: `/api/auth${path}`, headers, body })
      expect(reply.status, reply.text).toBe(status)
      expect(reply.headers['set-auth-token']).toBeUndefined()
      expect(reply.headers['set-cookie']?.join() ?? '').not.toMatch(/session_token=[^;]/)
    }
    expect(
      await app.db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'user_id')
        .select('sessions.id')
        .where('email', '=', email)
        .execute(),
    ).toEqual([])
    secrets.push((await mails.next(email)).link)
  })

  test('no line of the log holds a password, a cookie, a token or the link of a mail', () => {
    const text = JSON.stringify(app.log)
    expect(app.log.length).toBeGreaterThan(500)
    const links = mails.mails.map(({ link }) => link).filter((link) => link.includes('token='))
    const all = [...secrets, ...links, ...links.map((link) => new URL(link).searchParams.get('token') ?? link)]
    expect(links.length).toBeGreaterThan(2)
    for (const secret of new Set(all.flatMap((each) => [each, encodeURIComponent(each)])))
      expect(text.includes(secret), secret).toBe(false)
  })
})
