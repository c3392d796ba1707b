import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@taskwell/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { databases, type TestDatabaseKind } from '../../test/databases.ts'
import { cleanUp, type Ended, newFolder, runCommand, startServer } from '../../test/run-program.ts'
import { migrations } from '../database/migrations/index.ts'
import { version } from '../version.ts'

// Each step is a process of its own.
vi.setConfig({ testTimeout: 60_000 })
afterEach(cleanUp)

describe.each(databases)('on %s, the command', (database) => {
  test('migrate status tells what is pending, migrate up applies it once', async () => {
    const { settings } = await newStore(database)
    expect(await output(['migrate', 'status'], settings)).toBe(lines('pending'))
    expect(await output(['migrate', 'up'], settings)).toBe(lines('applied'))
    expect(await output(['migrate', 'status'], settings)).toBe(lines('applied'))
    expect(await output(['migrate', 'up'], settings)).toBe('nothing to do\n')
  })

  test('seed makes an account that can sign in, with as many tasks as asked for', async () => {
    const { settings } = await newStore(database)
    const account = await seed(25, settings)
    await withServer(settings, async (url) => {
      const { items, total } = await listAs(url, account)
      expect({ items: items.length, total }).toEqual({ items: 25, total: 25 })
      expect(new Set(items.map(({ title }) => title)).size).toBe(25)
      expect(new Set(items.map(({ priority }) => priority))).toEqual(new Set(['high', 'medium', 'low']))
      expect(new Set(items.map(({ completed }) => completed))).toEqual(new Set([true, false]))
    })
  })

  test('seed beside a running server shows there at once, and each time makes another account', async () => {
    const { settings } = await newStore(database)
    await withServer(settings, async (url) => {
      const one = await seed(3, settings)
      const two = await seed(0, settings)
      expect(two.email).not.toBe(one.email)
      expect((await listAs(url, one)).total).toBe(3)
      expect((await listAs(url, two)).total).toBe(0)
    })
  })

  test('reset empties the store, and a server can use it afterwards', async () => {
    const { settings } = await newStore(database)
    const before = await seed(3, settings)
    expect(await output(['reset', '--yes'], settings)).toBe('the database is empty\n')
    const after = await seed(1, settings)
    await withServer(settings, async (url) => {
      await expect(listAs(url, before)).rejects.toMatchObject({ problem: { status: 401 } })
      expect((await listAs(url, after)).total).toBe(1)
    })
  })

  test('reset wants --yes, and in production --force besides: else nothing is lost', async () => {
    const { settings } = await newStore(database)
    const account = await seed(3, settings)
    const production = { ...settings, NODE_ENV: 'production' }
    expectFailure(await runCommand(['reset'], settings), '--yes')
    expectFailure(await runCommand(['reset', '--force'], settings), '--yes')
    expectFailure(await runCommand(['reset', '--yes'], production), '--force')
    await withServer(settings, async (url) => expect((await listAs(url, account)).total).toBe(3))
    expect(await output(['reset', '--yes', '--force'], production)).toBe('the database is empty\n')
  })

  test('reset refuses while a server runs, which loses nothing', async () => {
    const { settings } = await newStore(database)
    const account = await seed(3, settings)
    await withServer(settings, async (url) => {
      await listAs(url, account)
      expectFailure(await runCommand(['reset', '--yes'], settings), 'top it first')
      expect((await listAs(url, account)).total).toBe(3)
    })
  })
})

describe('the program', () => {
  test('prints the description of the API that is kept in docs', async () => {
    const kept = readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')
    expect(await output(['openapi'], {})).toBe(kept)
  })

  test('tells its version', async () => {
    expect(await output(['--version'], {})).toBe(`${version}\n`)
  })

  test.each([
    [['--help'], ['start', 'migrate', 'reset', 'seed', 'openapi']],
    [['start', '--help'], ['run the server']],
    [
      ['migrate', '--help'],
      ['up', 'status'],
    ],
    [['migrate', 'up', '--help'], ['pending']],
    [['migrate', 'status', '--help'], ['applied and pending']],
    [
      ['reset', '--help'],
      ['--yes', '--force'],
    ],
    [
      ['seed', '--help'],
      ['--tasks <number>', 'default: 100'],
    ],
    [['openapi', '--help'], ['OpenAPI 3.1']],
  ])('explains %j, and touches nothing', async (args, words) => {
    const dataDir = newFolder()
    const text = await output(args, { DATA_DIR: dataDir })
    expect(text).toMatch(/^Usage: taskwell/)
    for (const word of words) expect(text).toContain(word)
    expect(existsSync(dataDir)).toBe(false)
  })

  test.each([
    ['an unknown command', ['launch'], 'launch'],
    ['an unknown part of a command', ['migrate', 'down'], 'down'],
    ['an unknown option', ['seed', '--count', '3'], '--count'],
    ['more words than it takes', ['seed', '25'], 'too many arguments'],
    ['a count that is none', ['seed', '--tasks', 'many'], 'a number up to 1000000'],
    ['a count out of range', ['seed', '--tasks', '1000001'], 'a number up to 1000000'],
    ['a count below nothing', ['seed', '--tasks', '-1'], 'a number up to 1000000'],
  ])('refuses %s in one line', async (_, args, word) => {
    const dataDir = newFolder()
    const { code, stdout, stderr } = await runCommand(args, { DATA_DIR: dataDir })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).toContain(word)
    expect(existsSync(dataDir)).toBe(false)
  })

  test('refuses what is nearly right in one line too', async () => {
    expect((await runCommand(['seed', '--task', '3'])).stderr).toMatch(/^[^\n]+\n$/)
  })

  test.each([['migrate', 'status'], ['migrate', 'up'], ['seed'], ['reset', '--yes'], ['start']])(
    'tells %s %s of a setting it cannot use in one line, without the value',
    async (...args) => {
      const dataDir = newFolder()
      const settings = { DATA_DIR: dataDir, DATABASE_URL: 'mysql://root:hunter2@localhost/tasks' }
      const end = await runCommand(
        args.filter((arg) => typeof arg === 'string'),
        settings,
      )
      expectFailure(end, 'DATABASE_URL')
      expect(end.stderr).not.toContain('hunter2')
      expect(existsSync(dataDir)).toBe(false)
    },
  )

  test('start runs the server', async () => {
    const settings = { DATA_DIR: newFolder() }
    const { code, stdout, stderr } = await runCommand(['start'], { ...settings, PORT: '0', HOST: '192.0.2.77' })
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'taskwell: HOST is not an address of this machine\n',
    })
  })
})

type Settings = Record<string, string>

function lines(state: string): string {
  return migrations.map(({ name }) => `${state} ${name}\n`).join('')
}

async function newStore(database: TestDatabaseKind): Promise<{ settings: Settings }> {
  const dataDir = newFolder()
  if (database.kind === 'sqlite') return { settings: { DATA_DIR: dataDir } }
  const { config } = await database.create()
  const url = config.kind === 'postgres' ? config.url : ''
  const secret = 'a secret of at least thirty-two characters'
  return { settings: { DATA_DIR: dataDir, DATABASE_URL: url, AUTH_SECRET: secret } }
}

async function output(args: string[], settings: Settings): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, settings)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

function expectFailure({ code, stdout, stderr }: Ended, word: string): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^taskwell: [^\n]+\n$/)
  expect(stderr).toContain(word)
}

async function seed(tasks: number, settings: Settings): Promise<{ email: string; password: string }> {
  const line = await output(['seed', '--tasks', String(tasks)], settings)
  const [, count, email = '', password = ''] = /^(\d+) tasks for (\S+), password (\S+)\n$/.exec(line) ?? []
  expect(count).toBe(String(tasks))
  return { email, password }
}

async function withServer(settings: Settings, work: (url: string) => Promise<unknown>): Promise<void> {
  const server = await startServer(settings)
  await work(server.url)
  expect((await server.stop()).code).toBe(0)
}

async function listAs(url: string, account: { email: string; password: string }) {
  const { headers } = await createClient({ baseUrl: url }).login({ body: account })
  const token = headers.get('set-auth-token') ?? ''
  const client = createClient({ baseUrl: url, token: () => token })
  return (await client.listTasks({ query: { limit: 200, count: 'exact' } })).body
}
