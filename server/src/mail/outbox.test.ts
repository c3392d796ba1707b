import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { type MailServer, startMailServer } from '../../test/mail-server.ts'
import { openDatabase } from '../database/open.ts'
import { isoInstant } from '../database/sql.ts'
import { deliverMails } from './deliver-mails.ts'
import {
  accountDeletedMail,
  findOldestWaiting,
  queueMail,
  refuseAddressMail,
  startOutbox,
  verificationMail,
} from './index.ts'
import { composeMail } from './mail.ts'
import { smtpTransport } from './smtp.ts'
import type { Transport } from './transport.ts'

const start = new Date('2030-05-01T12:00:00.000Z')
const from = 'Taskwell <tasks@example.org>'
const secretLink = 'https://tasks.example.org/reset-password?token=4711'
const running = new AbortController().signal

describe.each(databases)('the outbox on %s', (database) => {
  let store: TestDatabase
  let server: MailServer
  let transport: Transport
  let lines: string[]
  let now: Date
  beforeEach(async () => {
    store = await database.open()
    server = await startMailServer()
    transport = smtpTransport({ url: server.url, from })
    lines = []
    now = start
    await addUser('grace')
  })
  afterEach(async () => {
    transport.close()
    await server.stop()
    await store.close()
  })

  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const queue = (to = 'ada@example.org', expiresAt?: Date) =>
    queueMail(store.db, verificationMail(to, secretLink), { userId: 'grace', now, ...(expiresAt && { expiresAt }) })
  async function addUser(id: string): Promise<void> {
    const at = start.toISOString()
    const user = { id, name: 'Somebody', email: `${id}@example.com`, email_verified: true, time_zone: 'UTC' }
    const rest = { two_factor_enabled: false, created_at: at, updated_at: at }
    await store.db
      .insertInto('users')
      .values({ ...user, ...rest })
      .execute()
  }
  const deliver = (signal = running) => deliverMails({ db: store.db, transport, log, now: () => now }, signal)
  const rows = () => store.db.selectFrom('mails').selectAll().orderBy('id').execute()
  const row = () => store.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow()
  const later = (minutes: number) => void (now = new Date(now.getTime() + minutes * 60_000))
  /** Tries until the mail is sent or given up; answers the times between, in minutes. */
  async function exhaust(): Promise<number[]> {
    const rests: number[] = []
    for (let round = 0; round < 50; round += 1) {
      await deliver()
      const { next_attempt_at: next } = await row()
      if (next === null) return rests
      rests.push((Date.parse(isoInstant(next)) - now.getTime()) / 60_000)
      now = new Date(isoInstant(next))
    }
    throw new Error('It is never given up')
  }

  test('sends a mail once, as text and as HTML, and keeps no link of it', async () => {
    await queue()
    expect(await findOldestWaiting(store.db)).toEqual(start)
    for (let round = 0; round < 3; round += 1) await deliver()
    expect(server.mails).toHaveLength(1)
    const [mail] = server.mails
    expect(mail).toMatchObject({ to: 'ada@example.org', subject: 'Confirm your e-mail address', link: secretLink })
    expect(mail?.html).toContain(`href="${secretLink}"`)
    expect(mail?.parsed.from?.text).toBe('"Taskwell" <tasks@example.org>')
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail?.parsed.messageId).toBe(`<${(await row()).id}@example.org>`)
    expect(await row()).toMatchObject({ text_body: '', html_body: '', next_attempt_at: null, failed_at: null })
    expect((await row()).sent_at).not.toBeNull()
    expect(await findOldestWaiting(store.db)).toBeUndefined()
    expect(lines.join('')).not.toContain('4711')
  })

  test('a mail is not there when its transaction fails', async () => {
    const failing = store.db.transaction().execute(async (db) => {
      await queueMail(db, verificationMail('ada@example.org', secretLink), { userId: null, now })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await deliver()
    expect(server.mails).toEqual([])
  })

  test('a server that is down is tried again later and later, and gets the mail when it is back', async () => {
    await queue()
    await server.stop()
    await deliver()
    expect(await row()).toMatchObject({
      attempts: 1,
      sent_at: null,
      last_error: expect.stringContaining('ECONNREFUSED'),
    })
    await deliver()
    expect((await row()).attempts).toBe(1)
    await server.start()
    later(2)
    await deliver()
    expect(server.mails).toHaveLength(1)
    expect((await row()).sent_at).not.toBeNull()
  })

  test('a mail is given up after ten attempts within two days, visibly, without its link and its address', async () => {
    await queue()
    server.refuse(451)
    const rests = await exhaust()
    expect(rests).toHaveLength(9)
    expect(rests[0]).toBeGreaterThan(0.7)
    expect(rests[0]).toBeLessThan(1.3)
    for (const [index, rest] of rests.slice(1, 6).entries()) expect(rest).toBeGreaterThan(rests[index] ?? 0)
    expect(now.getTime() - start.getTime()).toBeLessThan(48 * 3600_000)
    expect(await row()).toMatchObject({ attempts: 10, text_body: '', html_body: '', sent_at: null })
    expect((await row()).failed_at).not.toBeNull()
    const told = lines.map((line) => JSON.parse(line))
    expect(told.at(-1)).toMatchObject({
      level: 50,
      domain: 'example.org',
      attempts: 10,
      reason: 'EENVELOPE RCPT TO 451',
    })
    expect(lines.join('')).not.toMatch(/4711|ada/)
  })

  test('a mail that the server refuses for good is given up sooner', async () => {
    await queue()
    server.refuse(550)
    expect(await exhaust()).toHaveLength(2)
    expect(await row()).toMatchObject({ attempts: 3, last_error: expect.stringContaining('550') })
  })

  test('a mail whose link has expired is not sent any more', async () => {
    await queue('ada@example.org', new Date(start.getTime() + 10 * 60_000))
    await server.stop()
    await deliver()
    await server.start()
    later(10)
    await deliver()
    expect(server.mails).toEqual([])
    expect(await row()).toMatchObject({ text_body: '', last_error: expect.stringContaining('expired') })
  })

  test('a mail is not kept waiting for an attempt that would come too late', async () => {
    await queue('ada@example.org', new Date(start.getTime() + 10 * 60_000))
    server.refuse(451)
    expect((await exhaust()).length).toBeLessThan(4)
  })

  test('a server that takes its time gets the mail once', async () => {
    await queue()
    server.delay(300)
    await Promise.all([deliver(), deliver(), deliver()])
    expect(server.mails).toHaveLength(1)
  })

  test('what a dead process had claimed is sent by another one later, and not before', async () => {
    await queue()
    const dead: Transport = { send: () => new Promise(() => {}), close: () => {} }
    void deliverMails({ db: store.db, transport: dead, log, now: () => start }, running)
    while ((await row()).attempts === 0) await pause(5)
    later(4)
    await deliver()
    expect(server.mails).toEqual([])
    later(2)
    await deliver()
    expect(server.mails).toHaveLength(1)
  })

  test('a mail on its way at the end of the program arrives, or waits for the next start', async () => {
    for (const to of ['quick@example.org', 'slow@example.org']) {
      await queue(to)
      server.delay(to.startsWith('slow') ? 5_000 : 300)
      const stopping = new AbortController()
      const delivery = deliver(stopping.signal)
      setTimeout(() => stopping.abort(), 150)
      const begun = Date.now()
      await delivery
      expect(Date.now() - begun).toBeLessThan(3_000)
    }
    const [quick, slow] = await rows()
    expect(quick?.sent_at).not.toBeNull()
    expect(slow).toMatchObject({ sent_at: null, failed_at: null })
    expect(slow?.next_attempt_at).not.toBeNull()
    expect(slow?.text_body).toContain(secretLink)
  })

  test('hostile addresses and texts stay what they are', async () => {
    const newEmail = '"><script>alert(1)</script>\r\nBcc: eve@example.org'
    await queueMail(store.db, refuseAddressMail('ada@example.org', newEmail, secretLink), { userId: null, now })
    const hostile = { subject: 'Hi\r\nBcc: eve@example.org', before: ['<b>&'], after: [] }
    await queueMail(store.db, composeMail({ to: 'bob@example.org, eve@example.org', ...hostile }), {
      userId: null,
      now,
    })
    await deliver()
    expect(server.mails.map(({ to }) => to)).not.toContain('eve@example.org')
    for (const { parsed, html } of server.mails) {
      expect(parsed.bcc).toBeUndefined()
      expect(html).not.toMatch(/<script|<b>/)
    }
    expect(server.mails.find(({ to }) => to === 'ada@example.org')?.html).toContain('&#60;script&#62;')
  })

  test('the mail that tells of a deletion outlives the account, and no other does', async () => {
    const user = { id: 'ada', email: 'ada@example.com' }
    await addUser(user.id)
    await queueMail(store.db, verificationMail(user.email, secretLink), { userId: user.id, now })
    await store.db.transaction().execute(async (db) => {
      await queueMail(db, accountDeletedMail(user.email), { userId: null, now })
      await db.deleteFrom('users').where('id', '=', user.id).execute()
    })
    await deliver()
    expect(server.mails.map(({ subject }) => subject)).toEqual(['Your account was deleted'])
  })

  test('mails that are done are removed after a week, those that wait are not', async () => {
    await queue()
    await deliver()
    await queue('bob@example.org')
    await server.stop()
    let time = start
    const outbox = startOutbox({ db: store.db, smtp: { url: server.url, from }, log, now: () => time })
    time = new Date(start.getTime() + 7 * 24 * 3600_000 + 1)
    outbox.wake()
    while ((await rows()).length > 1) await pause(10)
    await outbox.stop()
    expect((await rows()).map(({ recipient }) => recipient)).toEqual(['bob@example.org'])
  })

  test('without a mail server mails are in the log whole, whatever its level', async () => {
    const silent = pino({ level: 'silent' }, { write: (line: string) => void lines.push(line) })
    const outbox = startOutbox({ db: store.db, smtp: undefined, log: silent, now: () => now })
    await queue()
    outbox.wake()
    while (lines.length === 0) await pause(5)
    await outbox.stop()
    expect(lines.join('')).toContain(secretLink)
    expect((await row()).text_body).toBe('')
  })

  test('a mail is sent at once when the outbox is woken', async () => {
    const outbox = startOutbox({ db: store.db, smtp: { url: server.url, from }, log, now: () => now })
    await queue()
    const begun = Date.now()
    outbox.wake()
    await server.next('ada@example.org')
    expect(Date.now() - begun).toBeLessThan(900)
    await outbox.stop()
  })
})

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('two outboxes on one %s', (database) => {
  test('send each mail once', async () => {
    const { db, config, close } = await database.open()
    const other = openDatabase(config)
    const server = await startMailServer()
    const log = pino({ level: 'silent' })
    const count = 40
    for (let index = 0; index < count; index += 1) {
      await queueMail(db, verificationMail(`user${index}@example.org`, secretLink), { userId: null, now: new Date() })
    }
    const outboxes = [db, other].map((store) =>
      startOutbox({ db: store, smtp: { url: server.url, from }, log, now: () => new Date() }),
    )
    for (const outbox of outboxes) outbox.wake()
    while (await findOldestWaiting(db)) await pause(20)
    await Promise.all(outboxes.map((outbox) => outbox.stop()))
    expect(server.mails.map(({ to }) => to).sort()).toEqual([...new Set(server.mails.map(({ to }) => to))].sort())
    expect(server.mails).toHaveLength(count)
    await server.stop()
    await other.destroy()
    await close()
  })
})
