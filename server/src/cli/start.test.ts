import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { createClient } from '@taskwell/api'
import { io } from 'socket.io-client'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { cleanUp, type Ended, newFolder, type Server, startServer, startServerProgram } from '../../test/run-program.ts'
import { version } from '../version.ts'

const password = 'correct horse battery'

afterEach(cleanUp)

describe('a first start', () => {
  test('makes the data folder, prints the address and answers there', async () => {
    const dataDir = newFolder()
    const server = await startServer({ DATA_DIR: dataDir })
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/)
    const reply = await fetch(`${server.url}/health`)
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({ status: 'ok', version })
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    expect(existsSync(join(dataDir, 'taskwell.db'))).toBe(true)
    expect(statSync(join(dataDir, 'auth-secret')).mode & 0o777).toBe(0o600)
    const { stdout, stderr, code } = await server.stop()
    expect({ stdout, stderr, code }).toEqual({
      stdout: `Taskwell ${version} is ready: ${server.url}\n`,
      stderr: '',
      code: 0,
    })
  })

  test('keeps its files to itself, in a folder that others may read, too', async () => {
    const dataDir = newFolder()
    mkdirSync(dataDir, { mode: 0o755 })
    const server = await startServer({ DATA_DIR: dataDir })
    await registerWithTask(server)
    const files = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).mode & 0o077] as const)
    expect(files.map(([name]) => name)).toEqual(expect.arrayContaining(['taskwell.db', 'taskwell.db-wal', 'lock.db']))
    expect(files.filter(([, mode]) => mode !== 0)).toEqual([])
    await server.stop()
  })

  test('prints BASE_URL where it is set, and the port that it took all the same', async () => {
    const server = await startServer({ DATA_DIR: newFolder(), BASE_URL: 'https://tasks.example.org' })
    expect(server.url).toBe('https://tasks.example.org')
    const { stdout } = await server.stop()
    expect(stdout).toMatch(/^Taskwell \S+ is ready: \S+ \(listening on http:\/\/127\.0\.0\.1:[1-9]\d+\)\n$/)
  })

  test('listens on PORT, whatever BASE_URL says', async () => {
    const port = await freePort()
    const settings = { DATA_DIR: newFolder(), PORT: String(port), BASE_URL: 'https://tasks.example.org' }
    await startServer(settings)
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  })

  test('listens on HOST only', async () => {
    const server = await startServer({ DATA_DIR: newFolder(), HOST: '127.0.0.2' })
    const { port } = new URL(server.url)
    expect((await fetch(`http://127.0.0.2:${port}/health`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed')
  })
})

test('what traces need is loaded only where they are wanted', async () => {
  const told = async (settings: Record<string, string>) => {
    const running = await startServer({ DATA_DIR: newFolder(), NODE_OPTIONS: tellingOf(sdk), ...settings })
    return (await running.stop()).stderr
  }
  expect(await told({})).toBe('')
  expect(await told({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).toContain(sdk)
})

test('a wrong setting is told before the rest of the program is read', async () => {
  const settings = { DATA_DIR: newFolder(), NODE_OPTIONS: tellingOf('create-auth') }
  expectRefusal(await startServerProgram({ ...settings, PORT: 'hunter2' }).ended, 'PORT')
  expect((await (await startServer(settings)).stop()).stderr).toContain('create-auth')
})

const sdk = '@opentelemetry/sdk-trace'

/** Has a program say when it loads a package. */
function tellingOf(name: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({ resolve: (it, from, next) => (it.includes('${name}') && console.error(it), next(it, from)) })`)}`
}

describe.each(databases)('on %s, a restart', (database) => {
  test('keeps the secret, the sessions and the tasks', async () => {
    const { config, remove } = await database.create()
    const url = config.kind === 'postgres' ? config.url : `file:${config.file}`
    const settings = { DATA_DIR: newFolder(), DATABASE_URL: url }
    const first = await startServer(settings)
    const { token, task } = await registerWithTask(first)
    const secret = readFileSync(join(settings.DATA_DIR, 'auth-secret'), 'utf8')
    expect((await first.stop()).code).toBe(0)

    const second = await startServer(settings)
    expect(readFileSync(join(settings.DATA_DIR, 'auth-secret'), 'utf8')).toBe(secret)
    const client = createClient({ baseUrl: second.url, token: () => token })
    expect((await client.getTask({ params: { id: task.id } })).body).toEqual(task)
    await second.stop()
    remove()
  })

  test('after kill -9 works, with all that was answered', async () => {
    const { config, remove } = await database.create()
    const url = config.kind === 'postgres' ? config.url : `file:${config.file}`
    const settings = { DATA_DIR: newFolder(), DATABASE_URL: url }
    const first = await startServer(settings)
    const { token, task } = await registerWithTask(first)
    expect((await first.stop('SIGKILL')).code).toBeNull()

    const second = await startServer(settings)
    const client = createClient({ baseUrl: second.url, token: () => token })
    expect((await client.getTask({ params: { id: task.id } })).body).toEqual(task)
    await second.stop()
    remove()
  })
})

describe('a second server on a SQLite store', () => {
  test('is refused while the first runs, which goes on', async () => {
    const dataDir = newFolder()
    const first = await startServer({ DATA_DIR: dataDir })
    expectRefusal(await startServerProgram({ DATA_DIR: dataDir }).ended, 'Another Taskwell is using')
    expect((await fetch(`${first.url}/health/ready`)).status).toBe(200)
  })

  test('is refused through a linked folder', async () => {
    const dataDir = newFolder()
    mkdirSync(dataDir)
    const link = join(dirname(dataDir), 'link')
    symlinkSync('data', link)
    await startServer({ DATA_DIR: dataDir })
    expectRefusal(await startServerProgram({ DATA_DIR: link }).ended, 'Another Taskwell is using')
  })

  test('is refused when both have data folders of their own and name the same file', async () => {
    const url = `file:${newFolder()}/tasks.db`
    await startServer({ DATA_DIR: newFolder(), DATABASE_URL: url })
    expectRefusal(
      await startServerProgram({ DATA_DIR: newFolder(), DATABASE_URL: url }).ended,
      'Another Taskwell is using',
    )
  })

  test('is refused when it names the file in the data folder of the first', async () => {
    const dataDir = newFolder()
    await startServer({ DATA_DIR: dataDir })
    const settings = { DATA_DIR: newFolder(), DATABASE_URL: `file:${dataDir}/taskwell.db` }
    expectRefusal(await startServerProgram(settings).ended, 'Another Taskwell is using')
  })
})

describe('a server told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s ends with 0 at once when it is idle', async (signal) => {
    const server = await startServer({ DATA_DIR: newFolder() })
    await fetch(`${server.url}/health`)
    const asked = performance.now()
    const { code, stderr } = await server.stop(signal)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(performance.now() - asked).toBeLessThan(3_000)
  })

  test('does not wait for connections on which nothing was ever sent', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    const { port } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    await fetch(`${server.url}/health`)
    const asked = performance.now()
    expect((await server.stop()).code).toBe(0)
    expect(performance.now() - asked).toBeLessThan(6_000)
    socket.destroy()
  })

  test('finishes the request in flight first, and takes no new ones', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    const { token } = await registerWithTask(server)
    const body = JSON.stringify({ title: 'Sent while the server stops' })
    const request = await beginRequest(server, [
      'POST /api/tasks HTTP/1.1',
      `host: ${new URL(server.url).host}`,
      `authorization: Bearer ${token}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
    ])
    request.socket.write(body.slice(0, 10))
    await pause(100)
    const asked = performance.now()
    const ended = server.stop()
    await pause(1_500)
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed')
    request.socket.write(body.slice(10))
    const reply = await request.reply
    expect(reply).toMatch(/^HTTP\/1\.1 201 /)
    expect(reply).toContain('Sent while the server stops')
    expect((await ended).code).toBe(0)
    expect(performance.now() - asked).toBeLessThan(10_000)
  })

  test('does not wait for a device that is asleep, signed in or not', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    const { port } = new URL(server.url)
    const device = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`
    device.write(
      ['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: a', ...upgrade, key, '', ''].join('\r\n'),
    )
    const head = await new Promise((resolve) => device.once('data', (text) => resolve(String(text))))
    expect(head).toMatch(/^HTTP\/1\.1 101 /)
    const asked = performance.now()
    expect((await server.stop()).code).toBe(0)
    expect(performance.now() - asked).toBeLessThan(6_000)
    device.destroy()
  })

  test('is found again by any client of Socket.IO when it is back', async () => {
    const settings = { DATA_DIR: newFolder(), PORT: '0' }
    const first = await startServer(settings)
    const { token } = await registerWithTask(first)
    const device = io(first.url, { transports: ['websocket'], auth: { token }, reconnectionDelayMax: 500 })
    await new Promise((resolve) => device.once('ready', resolve))
    await first.stop()
    await expect.poll(() => device.connected).toBe(false)
    const back = new Promise((resolve) => device.once('ready', resolve))
    await startServer({ ...settings, PORT: new URL(first.url).port })
    await back
    device.disconnect()
  })

  test('ends as soon as the last request in flight is answered', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    const head = ['POST /api/login HTTP/1.1', `host: ${new URL(server.url).host}`, 'content-type: application/json']
    const request = await beginRequest(server, [...head, 'content-length: 2'])
    await pause(100)
    const asked = performance.now()
    const ended = server.stop()
    await pause(300)
    request.socket.write('{}')
    await ended
    expect(performance.now() - asked).toBeLessThan(4_000)
  })

  test('does not wait for ever for a request that never ends', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    await beginRequest(server, ['POST /api/register HTTP/1.1', 'host: localhost', 'content-length: 10'])
    await pause(100)
    const asked = performance.now()
    expect((await server.stop()).code).toBe(0)
    expect(performance.now() - asked).toBeLessThan(10_000)
  })

  test('ends at once at the second signal', async () => {
    const server = await startServer({ DATA_DIR: newFolder() })
    await beginRequest(server, ['POST /api/register HTTP/1.1', 'host: localhost', 'content-length: 10'])
    await pause(100)
    void server.stop('SIGTERM')
    // Two signals that wait to be heard are one.
    const isOpen = (): Promise<boolean> =>
      fetch(`${server.url}/health`).then(
        () => true,
        () => false,
      )
    await expect.poll(isOpen, { timeout: 7_000 }).toBe(false)
    const asked = performance.now()
    await server.stop('SIGTERM')
    // Less than what the request in flight would be waited for.
    expect(performance.now() - asked).toBeLessThan(4_000)
  })
})

describe('what keeps a server from starting', () => {
  /** A start that is refused before anything is done, in milliseconds: what the machine takes to load the program. */
  let leastTime: number

  beforeAll(async () => {
    leastTime = (await startServerProgram({ PORT: 'hunter2' }).ended).milliseconds
  })

  test.each([
    ['PORT', { PORT: 'hunter2' }],
    ['BASE_URL', { BASE_URL: 'https://tasks.example.org/hunter2' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://root:hunter2@localhost/tasks' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://root:hunter2@127.0.0.1:1/tasks' }],
    ['AUTH_SECRET', { AUTH_SECRET: 'hunter2' }],
    ['AUTH_SECRET', { NODE_ENV: 'production', DATABASE_URL: 'postgres://root:hunter2@127.0.0.1:1/tasks' }],
    ['HOST', { HOST: '192.0.2.77' }],
    ['HOST', { HOST: 'no-such-host.invalid' }],
    ['TRUST_PROXY', { TRUST_PROXY: '0.0.0.0/0' }],
  ])('may be %s, told soon, in one line, with exit code 1 and without the value', async (name, settings) => {
    const end = await startServerProgram({ DATA_DIR: newFolder(), ...settings }).ended
    expectRefusal(end, name)
    for (const secret of ['hunter2', '192.0.2.77', 'no-such-host', '0.0.0.0/0'])
      expect(end.stderr).not.toContain(secret)
    expect(end.milliseconds).toBeLessThan(leastTime * 3 + 2_000)
  })

  test.each(['/dev/null/hunter2', '/proc/hunter2'])(
    'may be the folder %s, told soon and without its name',
    async (path) => {
      for (const [name, settings] of [
        ['DATA_DIR', { DATA_DIR: path }],
        ['DATA_DIR', { DATA_DIR: path, AUTH_SECRET: 'a secret of at least thirty-two characters' }],
        ['DATABASE_URL', { DATA_DIR: newFolder(), DATABASE_URL: `file:${path}/tasks.db` }],
      ] as const) {
        const end = await startServerProgram(settings).ended
        expectRefusal(end, name)
        expect(end.stderr).not.toContain('hunter2')
      }
    },
  )

  test('may be a folder where the database should be', async () => {
    const dataDir = newFolder()
    mkdirSync(dataDir)
    const end = await startServerProgram({ DATA_DIR: newFolder(), DATABASE_URL: `file:${dataDir}` }).ended
    expectRefusal(end, 'DATABASE_URL')
    expect(end.stderr).not.toContain(dataDir)
  })

  test('before it listens costs no data folder', async () => {
    const dataDir = newFolder()
    await startServerProgram({ DATA_DIR: dataDir, LOG_LEVEL: 'loud' }).ended
    expect(existsSync(dataDir)).toBe(false)
  })

  test('may be another program on its port', async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve, reject) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address()
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('No address'))
      })
    })
    const dataDir = newFolder()
    expectRefusal(await startServerProgram({ DATA_DIR: dataDir, PORT: String(port) }).ended, 'PORT')
    other.close()
    // The store was let go of.
    await startServer({ DATA_DIR: dataDir })
  })

  test('may be a secret that was cut short', async () => {
    const dataDir = newFolder()
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'auth-secret'), 'hunter2')
    const end = await startServerProgram({ DATA_DIR: dataDir }).ended
    expectRefusal(end, 'auth-secret is damaged')
    expect(end.stderr).not.toContain('hunter2')
    expect(readdirSync(dataDir)).toEqual(['auth-secret'])
  })

  test('may be a file that is no database', async () => {
    const dataDir = newFolder()
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'taskwell.db'), 'This is a letter to Grandma. '.repeat(100))
    expectRefusal(await startServerProgram({ DATA_DIR: dataDir }).ended, 'database')
    expect(readFileSync(join(dataDir, 'taskwell.db'), 'utf8')).toMatch(/^This is a letter/)
  })
})

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('two servers on one new %s database', (database) => {
  test('may start at the same moment, and a session of one is good at the other', async () => {
    const { config } = await database.create()
    const settings = {
      DATABASE_URL: config.kind === 'postgres' ? config.url : '',
      AUTH_SECRET: 'a secret of at least thirty-two characters',
    }
    const [one, two] = await Promise.all([
      startServer({ ...settings, DATA_DIR: newFolder() }),
      startServer({ ...settings, DATA_DIR: newFolder() }),
    ])
    const { token, task } = await registerWithTask(one)
    const client = createClient({ baseUrl: two.url, token: () => token })
    expect((await client.getTask({ params: { id: task.id } })).body).toEqual(task)
    expect((await one.stop()).code).toBe(0)
    expect((await two.stop()).code).toBe(0)
  })
})

function expectRefusal({ code, stdout, stderr }: Ended, reason: string): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^taskwell: [^\n]+\n$/)
  expect(stderr).toContain(reason)
}

async function registerWithTask({ url }: Server) {
  const account = { name: 'Ada', email: 'ada@example.com', password, timeZone: 'UTC' }
  const { headers } = await createClient({ baseUrl: url }).register({ body: account })
  const token = headers.get('set-auth-token') ?? ''
  const client = createClient({ baseUrl: url, token: () => token })
  const { body: task } = await client.createTask({ body: { title: 'Call the plumber' } })
  return { token, task }
}

/** Sends the head of a request and leaves the rest to the test. */
async function beginRequest({ url }: Server, head: string[]) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const reply = new Promise<string>((resolve) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => void (text += part))
    socket.once('close', () => resolve(text))
  })
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return { socket, reply }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds))
}
