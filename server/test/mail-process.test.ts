import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openDatabase } from '../src/database/open.ts'
import { startServer } from '../src/start.ts'
import { startMailServer } from './mail-server.ts'
import { cleanUp, newFolder, runCommand, startServer as startProgram } from './run-program.ts'

afterEach(cleanUp)

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
  const settings = { DATA_DIR: newFolder(), SMTP_URL: mailServer.url, MAIL_FROM: 'tasks@example.org' }
  const program = await startProgram(settings)
  await register(program.url)
  await pause(500)
  const begun = Date.now()
  expect((await program.stop()).code).toBe(0)
  expect(Date.now() - begun).toBeLessThan(5_000)
  await mailServer.stop()
})

test('registering does not wait for a mail server that is down', async () => {
  const mailServer = await startMailServer()
  const settings = { DATA_DIR: newFolder(), SMTP_URL: mailServer.url, MAIL_FROM: 'tasks@example.org' }
  await mailServer.stop()
  const program = await startProgram(settings)
  const begun = Date.now()
  await register(program.url)
  expect(Date.now() - begun).toBeLessThan(3_000)
  await program.stop()
})

test('SMTP_URL without MAIL_FROM ends the start, and names what is missing', async () => {
  const { code, stderr } = await runCommand(['start'], { DATA_DIR: newFolder(), SMTP_URL: 'smtp://hunter2@localhost' })
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('MAIL_FROM') })
  expect(stderr).not.toContain('hunter2')
})
