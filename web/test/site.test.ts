import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRequests, expectProblem, type Requests } from '../../server/test/requests-http.ts'
import type { TestApp } from '../../server/test/start-app.ts'
import { startSite } from './steps.ts'

const dist = join(import.meta.dirname, '../dist')
const screens = ['/', '/tasks', '/bin', '/dashboard', '/settings', '/sign-in', '/register', '/forgot-password']
const largestStart = 150_000

interface Part {
  readonly file: string
  readonly imports?: readonly string[]
}

describe('the site', () => {
  let app: TestApp
  let requests: Requests
  beforeAll(async () => {
    app = await startSite()
    requests = createRequests(app.baseUrl)
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    return requests.send({ method, path, headers })
  }

  test.each(screens)(
    '%s is the page of the app, with a policy that allows no foreign and no inline script',
    async (path) => {
      const { status, headers, text } = await get(path)
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['cache-control']).toBe('public, no-cache')
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(headers['content-security-policy']).toContain("require-trusted-types-for 'script'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(text).toContain('<div id="app">')
    },
  )

  test('the service worker answers for the same pages as the server', () => {
    const worker = readFileSync(join(dist, 'service-worker.js'), 'utf8')
    for (const screen of screens) expect(worker).toMatch(new RegExp(`["'\`]${screen}["'\`]`))
  })

  test.each([
    '/api/nothing',
    '/assets/nothing.js',
    '/assets/..%2fmade-from.txt',
    '/made-from.txt',
    '/nothing',
    '/tasks/nothing',
  ])('%s is not the app', async (path) => void expectProblem(await get(path), 404, 'not_found'))

  test('a file with its content in its name is kept for ever, and comes compressed as the client likes', async () => {
    const path = `/${readManifest()['index.html']?.file}`
    const plain = await get(path)
    expect(plain.headers).not.toHaveProperty('content-encoding')
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['*', 'br'],
      ['br;q=0, *;q=0', undefined],
      ['identity', undefined],
    ] as const) {
      const { status, headers } = await get(path, { 'accept-encoding': accepted })
      expect([status, headers['content-encoding']]).toEqual([200, encoding])
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(headers['vary']).toMatch(/accept-encoding/i)
    }
    const file = join(dist, path)
    expect(brotliDecompressSync(readFileSync(`${file}.br`))).toEqual(readFileSync(file))
    expect(Number(plain.headers['content-length'])).toBe(readFileSync(file).length)
  })

  test('what has not changed is not sent again', async () => {
    const { headers } = await get('/', { 'accept-encoding': 'br' })
    const etag = String(headers['etag'])
    expect((await get('/', { 'accept-encoding': 'br', 'if-none-match': `"other", W/${etag}` })).status).toBe(304)
    expect((await get('/', { 'accept-encoding': 'gzip', 'if-none-match': etag })).status).toBe(200)
    expect((await get('/', {}, 'HEAD')).status).toBe(200)
  })

  test('the first screen takes at most 150 kB of script', () => {
    const manifest = readManifest()
    const names = new Set<string>()
    const add = (name: string) => {
      if (names.has(name)) return
      names.add(name)
      for (const other of manifest[name]?.imports ?? []) add(other)
    }
    add('index.html')
    const sizes = [...names].map((name) => readFileSync(join(dist, `${manifest[name]?.file}.br`)).length)
    expect(names.size).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(largestStart)
  })

  test('the screen with a script of its own tells of it before the page has come', async () => {
    const { headers } = await get('/settings')
    const [script] = /\/assets\/settings-screen-[\w-]+\.js/.exec(String(headers['link'])) ?? ['none']
    expect((await get(script)).status).toBe(200)
    expect((await get('/tasks')).headers).not.toHaveProperty('link')
  })

  test('it can be installed', async () => {
    const reply = await get('/manifest.webmanifest')
    expect(reply.headers['content-type']).toBe('application/manifest+json')
    const manifest = JSON.parse(reply.text) as { icons: { src: string }[]; display: string }
    expect(manifest.display).toBe('standalone')
    for (const { src } of manifest.icons) expect((await get(src)).status).toBe(200)
  })
})

function readManifest(): Record<string, Part> {
  return JSON.parse(readFileSync(join(dist, 'build-manifest.json'), 'utf8')) as Record<string, Part>
}
