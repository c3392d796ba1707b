import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createClient } from '@taskwell/api'
import { io } from 'socket.io-client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { databases, type TestDatabaseKind } from '../../test/databases.ts'
import { readConfig } from '../config.ts'
import { migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations/index.ts'
import { openDatabase } from '../database/open.ts'
import { version } from '../version.ts'
import { cleanUp, type Ended, newFolder, runCommand, startServer, startServerProgram } from '../../test/run-program.ts'

// Each step is a process of its own.
vi.setConfig({ testTimeout: 90_000 })
afterEach(cleanUp)

const password = 'correct horse battery'

describe.each(databases)('on %s', (database) => {
  test('a backup of a running server is restored elsewhere, and people sign in there', async () => {
    const settings = await newStore(database)
    const file = join(dirname(settings['DATA_DIR'] ?? ''), 'one.backup')
    const server = await startServer(settings)
    const { client, account } = await registerAt(server.url)
    await client.createTask({ body: { title: 'Water the plants' } })
    const before = await client.listChanges({ query: { since: 0 } })
    const end = await runCommand(['backup', file], settings)
    expect(end).toMatchObject({ code: 0, stderr: '' })
    expect(end.stdout).toMatch(/1 accounts, 1 tasks, 1 changes, read back and whole\n.*secret|SECRET/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expectFailure(await runCommand(['restore', file, '--force'], settings), 'top it first')

    const other = await newStore(database)
    expect(await output(['restore', '--dry-run', file], other)).toContain('nothing was changed')
    expect(await output(['restore', file], other)).toContain('restored')
    expectFailure(await runCommand(['restore', file], other), '--force')
    const restored = await startServer(other)
    const again = await signIn(restored.url, account)
    const after = await again.listChanges({ query: { since: 0 } })
    expect(after.body.changes).toEqual(before.body.changes)
    expect(after.body.epoch).not.toBe(before.body.epoch)
    await expect(again.listChanges({ query: { since: 1, epoch: before.body.epoch } })).rejects.toMatchObject({
      problem: { status: 410 },
    })
  })

  test('user commands reach a running server at once: a new password ends sessions and connections', async () => {
    const settings = await newStore(database)
    const server = await startServer({ ...settings, REGISTRATION: 'closed' })
    const account = { email: 'ada@example.org', password }
    expect(await output(['user', 'list'], settings)).toBe('')
    const made = await runCommand(
      ['user', 'create', 'Ada@example.org', '--name', 'Ada', '--verified'],
      settings,
      `${password}\n`,
    )
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(await output(['user', 'list', '--json'], settings)).toContain('"emailVerified":true')
    const client = await signIn(server.url, account)
    const {
      body: { session },
    } = await client.getSession()
    expect(session.id).toBeTruthy()
    const socket = io(server.url, { transports: ['websocket'], auth: { token: await tokenOf(server.url, account) } })
    await new Promise((resolve) => void socket.once('ready', resolve))
    const ended = new Promise<number>((resolve) => void socket.once('disconnect', () => resolve(performance.now())))

    const change = await runCommand(['user', 'set-password', 'ada@example.org'], settings, 'another good password\n')
    const done = performance.now()
    expect(change).toMatchObject({ code: 0, stderr: '' })
    expect(change.stdout + change.stderr).not.toContain('another good password')
    await expect(client.getSession()).rejects.toMatchObject({ problem: { status: 401 } })
    expect((await ended) - done).toBeLessThan(1_500)
    await expect(signIn(server.url, account)).rejects.toMatchObject({ problem: { status: 401 } })
    await signIn(server.url, { ...account, password: 'another good password' })
    socket.close()
  })

  test('doctor finds nothing wrong with a good store but what the test server lacks', async () => {
    const settings = await newStore(database)
    const server = await startServer(settings)
    await registerAt(server.url)
    const { stdout } = await runCommand(['doctor', '--json'], settings)
    const found: { check: string; level: string; message: string }[] = JSON.parse(stdout)
    const checks = found.map(({ check }) => check)
    for (const name of ['settings', 'data folder', 'database', 'migrations', 'counts', 'clock', 'backups', 'mail']) {
      expect(checks).toContain(name)
    }
    const wrong = found.filter(({ level }) => level === 'wrong').map(({ message }) => message.split(' ')[0])
    // The tests' own PostgreSQL runs without fsync.
    expect(wrong).toEqual(database.kind === 'postgres' ? ['fsync'] : [])
  })
})

test('user commands refuse in one line what the rules refuse, and change nothing', async () => {
  const settings = { DATA_DIR: newFolder() }
  const create = (email: string, secret: string, ...more: string[]) =>
    runCommand(['user', 'create', email, '--name', 'Ada', ...more], settings, secret)
  expect((await create('ada@example.org', `${password}\n`)).code).toBe(0)
  const store = openDatabase(readConfig(settings).database)
  const hashes = () => store.selectFrom('accounts').select('password').execute()
  const before = await hashes()
  expectFailure(await create('eve@example.org', 'short\n'), 'at least 8')
  expectFailure(await create('eve@example.org', ''), 'no password came')
  expectFailure(await create('no address', `${password}\n`), 'e-mail')
  expectFailure(await create('eve@example.org', `${password}\n`, '--time-zone', 'Mars/Olympus'), 'time zone')
  expectFailure(await create('ada@example.org', `${password}\n`), 'There is an account')
  for (const [email, secret, word] of [
    ['eve@example.org', password, 'no account'],
    ['ada@example.org', 'short', 'at least 8'],
    ['ada@example.org', 'password1', 'among the first'],
    ['ada@example.org', 'x'.repeat(129), 'at most 128'],
  ] as const) {
    expectFailure(await runCommand(['user', 'set-password', email], settings, `${secret}\n`), word)
  }
  expectFailure(await runCommand(['user', 'verify', 'eve@example.org'], settings), 'no account')
  expect(await hashes()).toEqual(before)
  await store.destroy()
  expect(await output(['user', 'verify', 'ada@example.org'], settings)).toContain('is verified')
})

describe('doctor', () => {
  test('names the restore command for a damaged file, and tells the same as JSON', async () => {
    const settings = { DATA_DIR: newFolder() }
    await output(['seed', '--tasks', '300'], settings)
    const file = join(settings.DATA_DIR, 'taskwell.db')
    const bytes = readFileSync(file)
    bytes.fill(0x55, 40_960, 90_000)
    writeFileSync(file, bytes)
    const { code, stdout } = await runCommand(['doctor'], settings)
    expect(code).toBe(1)
    expect(stdout).toMatch(/WRONG {3}database: .*damaged.*taskwell restore FILE --force/)
    const json = await runCommand(['doctor', '--json'], settings)
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ check: 'database', level: 'wrong' }))
  })

  test.each([
    ['a setting that cannot be used', { PORT: 'hunter2' }, 'settings: PORT'],
    [
      'a mail server that does not answer',
      { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'a@example.org' },
      'check SMTP_URL',
    ],
    ['a redis that does not answer', { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }, 'REDIS_URL'],
    ['a collector that does not answer', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 'collector'],
    ['a database that does not answer', { DATABASE_URL: 'postgres://root:hunter2@127.0.0.1:1/tasks' }, 'DATABASE_URL'],
    ['a folder for backups that is not there', { BACKUP_DIR: '/no/such/folder' }, '/no/such/folder is not there'],
  ])('finds %s, and shows no secret', async (_, more, word) => {
    const { code, stdout, stderr } = await runCommand(['doctor'], { DATA_DIR: newFolder(), ...more })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(new RegExp(`WRONG .*${word}`))
    expect(stdout).not.toContain('hunter2')
  })

  test('finds a secret that others can read', async () => {
    const settings = { DATA_DIR: newFolder() }
    await output(['seed', '--tasks', '1'], settings)
    chmodSync(join(settings.DATA_DIR, 'auth-secret'), 0o644)
    expect((await runCommand(['doctor'], settings)).stdout).toContain('chmod 600')
  })
})

test.each([
  ['user list', ['user', 'list']],
  ['user delete', ['user', 'delete', 'ada@example.org', '--yes']],
  ['export', ['export', '--user', 'ada@example.org']],
])('%s says that there is no store, and makes none', async (_, args) => {
  const settings = { DATA_DIR: newFolder() }
  expectFailure(await runCommand(args, settings), 'There is no database')
  expect(existsSync(settings.DATA_DIR)).toBe(false)
})

test('a store of an older version is kept before a command changes it, and left alone by those that only look', async () => {
  const settings = { DATA_DIR: newFolder() }
  const db = openDatabase(readConfig(settings).database)
  await migrate(db, migrations.slice(0, 1))
  await db.destroy()
  expectFailure(await runCommand(['user', 'list'], settings), 'taskwell migrate up')
  await output(['seed', '--tasks', '1'], settings)
  expect(existsSync(join(settings.DATA_DIR, `taskwell.db.before-${version}`))).toBe(true)
  expect(await output(['user', 'list'], settings)).toContain('demo-')
})

describe('a start', () => {
  test('on an empty store is refused where one was before, and the line says what to do', async () => {
    const settings = { DATA_DIR: newFolder() }
    const first = await startServer(settings)
    await first.stop()
    for (const name of readdirSync(settings.DATA_DIR).filter((name) => name.startsWith('taskwell.db'))) {
      rmSync(join(settings.DATA_DIR, name))
    }
    const end = await startServerProgram(settings).ended
    expectFailure(end, 'served one before')
    expect(end.stderr).toContain('taskwell restore')
    rmSync(join(settings.DATA_DIR, 'last-store'))
    await startServer(settings)
  })

  test('goes on after a reset', async () => {
    const settings = { DATA_DIR: newFolder() }
    await (await startServer(settings)).stop()
    await output(['reset', '--yes'], settings)
    expect((await startServer(settings)).url).toContain('http')
  })
})

describe('backups that are made by themselves', () => {
  test('begin at once, are whole, and leave the newest and what is not theirs', async () => {
    const settings = { DATA_DIR: newFolder(), BACKUP_DIR: newFolder(), BACKUP_KEEP: '2' }
    mkdirSync(settings.BACKUP_DIR)
    for (const name of ['taskwell-20200101T000000Z.backup', 'taskwell-20200102T000000Z.backup', 'mine.backup']) {
      writeFileSync(join(settings.BACKUP_DIR, name), '')
    }
    const { utimesSync } = await import('node:fs')
    for (const name of readdirSync(settings.BACKUP_DIR))
      utimesSync(join(settings.BACKUP_DIR, name), 1_577_836_800, 1_577_836_800)
    await startServer(settings)
    const names = () => readdirSync(settings.BACKUP_DIR).toSorted()
    await expect
      .poll(names, { timeout: 15_000 })
      .toEqual([
        'mine.backup',
        'taskwell-20200102T000000Z.backup',
        expect.stringMatching(/^taskwell-20\d{6}T\d{6}Z\.backup$/),
      ])
    const newest = join(settings.BACKUP_DIR, names().at(-1) ?? '')
    expect(await output(['restore', newest], { DATA_DIR: newFolder() })).toContain('restored')
  })

  test('say loudly in the log that none could be made', async () => {
    const settings = { DATA_DIR: newFolder(), BACKUP_DIR: join(newFolder(), 'file') }
    mkdirSync(dirname(settings.BACKUP_DIR))
    writeFileSync(settings.BACKUP_DIR, '')
    const server = await startServer(settings)
    await new Promise((resolve) => void setTimeout(resolve, 2_000))
    const { stdout } = await server.stop()
    expect(stdout).toMatch(/"level":50.*"job":"backup"/)
  })
})

describe('move', () => {
  test('goes to PostgreSQL and back with the same digest, and sessions and devices stay', async () => {
    const [sqlite, postgres] = databases
    if (!sqlite || !postgres) throw new Error('Two databases are needed')
    const settings = await newStore(sqlite)
    const [from, to] = [`file:${settings['DATA_DIR']}/taskwell.db`, (await newStore(postgres))['DATABASE_URL'] ?? '']
    const secret = 'a secret of at least thirty-two characters'
    const server = await startServer({ ...settings, AUTH_SECRET: secret })
    const { client, token } = await registerAt(server.url)
    await client.createTask({ body: { title: 'Water the plants' } })
    const { body } = await client.listChanges({ query: { since: 0 } })
    expectFailure(await runCommand(['move', '--from', from, '--to', to]), 'Another Taskwell')
    await server.stop()
    const there = await output(['move', '--from', from, '--to', to], {})
    expectFailure(await runCommand(['move', '--from', from, '--to', to]), 'has accounts in it')
    const next = await startServer({ DATA_DIR: newFolder(), DATABASE_URL: to, AUTH_SECRET: secret })
    const moved = createClient({ baseUrl: next.url, token: () => token })
    expect((await moved.listChanges({ query: { since: 0, epoch: body.epoch } })).body).toEqual(body)
    expectFailure(await runCommand(['move', '--from', to, '--to', `file:${newFolder()}/x.db`]), 'stop it first')
    await next.stop()
    const back = await output(['move', '--from', to, '--to', `file:${newFolder()}/back.db`], {})
    expect(/digest (\w+)/.exec(back)?.[1]).toBe(/digest (\w+)/.exec(there)?.[1])
  })
})

test.each([
  'backup',
  'restore',
  'move',
  'doctor',
  'user',
  'user list',
  'user create',
  'user verify',
  'user set-password',
  'user delete',
  'export',
])('taskwell %s --help explains, and touches nothing', async (command) => {
  const dataDir = newFolder()
  expect(await output([...command.split(' '), '--help'], { DATA_DIR: dataDir })).toMatch(/^Usage: taskwell/)
  expect(existsSync(dataDir)).toBe(false)
})

type Settings = Record<string, string>

async function newStore(database: TestDatabaseKind): Promise<Settings> {
  const dataDir = newFolder()
  if (database.kind === 'sqlite') return { DATA_DIR: dataDir }
  const { config } = await database.create()
  const url = config.kind === 'postgres' ? config.url : ''
  return { DATA_DIR: dataDir, DATABASE_URL: url, AUTH_SECRET: 'a secret of at least thirty-two characters' }
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

interface Account {
  email: string
  password: string
}

async function registerAt(url: string) {
  const account = { email: 'ada@example.com', password }
  const { headers } = await createClient({ baseUrl: url }).register({ body: { name: 'Ada', ...account } })
  const token = headers.get('set-auth-token') ?? ''
  return { account, token, client: createClient({ baseUrl: url, token: () => token }) }
}

async function tokenOf(url: string, account: Account): Promise<string> {
  const { headers } = await createClient({ baseUrl: url }).login({ body: account })
  return headers.get('set-auth-token') ?? ''
}

async function signIn(url: string, account: Account) {
  const token = await tokenOf(url, account)
  return createClient({ baseUrl: url, token: () => token })
}
