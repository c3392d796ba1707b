import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openDatabase } from '../src/database/open.ts'
import { startServer } from '../src/start.ts'
import { databases } from './databases.ts'
import { startMailServer } from './mail-server.ts'
import { cleanUp, newFolder, startServer as startProgram } from './run-program.ts'
import { startApp } from './start-app.ts'

afterEach(cleanUp)

const [sqlite] = databases

const account = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

async function register(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/auth/register`, { method: 'POST', headers, body: JSON.stringify(account) })
  expect(response.status).toBe(201)
}

test('a mail that a killed server had begun to send is sent by the next one', async () => {
  const mailServer = await startMailServer()
  const settings = { DATA_DIR: newFolder(), SMTP_URL: mailServer.url, MAIL_FROM: 'tasks@example.org' }
  mailServer.delay(60_000)
  const program = await startProgram(settings)
  await register(program.url)
  const config = readConfig({ PORT: '0', ...settings })
  const db = openDatabase(config.database)
  const attempts = async () => (await db.selectFrom('mails').select('attempts').executeTakeFirst())?.attempts
  while ((await attempts()) !== 1) await pause(10)
  await program.stop('SIGKILL')
  mailServer.delay(0)
  const minutesLater = () => new Date(Date.now() + 6 * 60_000)
  const server = await startServer(config, { log: pino({ level: 'silent' }), now: minutesLater })
  expect((await mailServer.next('ada@example.org')).subject).toBe('Confirm your e-mail address')
  await server.stop()
  await db.destroy()
  await mailServer.stop()
})

test('a server with a mail on its way stops in time', async () => {
  const mailServer = await startMailServer()
  mailServer.delay(60_000)
  const app = await startApp(sqlite, { SMTP_URL: mailServer.url, MAIL_FROM: 'tasks@example.org' })
  await register(app.baseUrl)
  while ((await app.db.selectFrom('mails').select('attempts').executeTakeFirst())?.attempts !== 1) await pause(10)
  const begun = Date.now()
  await app.stop()
  expect(Date.now() - begun).toBeLessThan(5_000)
  await mailServer.stop()
})

test('registering does not wait for a mail server that is down', async () => {
  const mailServer = await startMailServer()
  await mailServer.stop()
  const app = await startApp(sqlite, { SMTP_URL: mailServer.url, MAIL_FROM: 'tasks@example.org' })
  const begun = Date.now()
  await register(app.baseUrl)
  expect(Date.now() - begun).toBeLessThan(3_000)
  await app.stop()
})
