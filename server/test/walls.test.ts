import { type AddressInfo, connect, createServer } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPasswords } from '../src/auth/passwords.ts'
import { sendProblem } from '../src/http/problems.ts'
import { shedLoad } from '../src/http/shed-load.ts'
import { databases } from './databases.ts'
import { createRequests, jsonAs, type Requests } from './requests-http.ts'
import { password, startApp, type TestApp } from './start-app.ts'

describe('a server with too much to do', () => {
  let app: FastifyInstance
  let requests: Requests
  let letGo: () => void = () => {}
  beforeAll(async () => {
    app = fastify()
    app.setErrorHandler(sendProblem)
    shedLoad(app, { atOnce: 2, delay: 60 })
    const held = new Promise<void>((resolve) => (letGo = resolve))
    app.get('/slow', () => held.then(() => 'done'))
    app.get('/fast', async () => 'done')
    app.get('/health', async () => 'ok')
    requests = createRequests(await app.listen({ port: 0, host: '127.0.0.1' }))
  })
  afterAll(async () => {
    requests.close()
    await app.close()
  })

  test('refuses requests beyond a number, answers probes, and goes on once some are done', async () => {
    const slow = [requests.send({ path: '/slow' }), requests.send({ path: '/slow' })]
    await expect.poll(async () => (await requests.send({ path: '/fast' })).status).toBe(503)
    const refused = await requests.send({ path: '/fast' })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'overloaded', status: 503 })
    expect(refused.headers['retry-after']).toBe('1')
    expect((await requests.send({ path: '/health' })).status).toBe(200)
    letGo()
    for (const reply of slow) expect((await reply).status).toBe(200)
    await expect.poll(async () => (await requests.send({ path: '/fast' })).status).toBe(200)
  })

  test('refuses requests while its event loop is late, and answers probes', async () => {
    let isBusy = true
    const block = (): void => {
      const end = performance.now() + 150
      while (performance.now() < end);
      if (isBusy) setTimeout(block, 0)
    }
    block()
    await expect.poll(async () => (await requests.send({ path: '/fast' })).status, { timeout: 15_000 }).toBe(503)
    expect((await requests.send({ path: '/health' })).status).toBe(200)
    isBusy = false
    await expect.poll(async () => (await requests.send({ path: '/fast' })).status, { timeout: 15_000 }).toBe(200)
  })
})

test('more hashes than can wait are refused, and the others are made', async () => {
  const { hash } = createPasswords()
  const hashes = await Promise.allSettled(Array.from({ length: 300 }, () => hash(password)))
  const refused = hashes.filter((made) => made.status === 'rejected').map(({ reason }) => reason.code)
  expect(refused).toEqual(Array.from({ length: 40 }, () => 'overloaded'))
  await expect(hash(password)).resolves.toMatch(/^\$argon2id\$/)
})

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('walls on %s', (database) => {
  let app: TestApp
  let requests: Requests
  beforeAll(async () => {
    const port = await freePort()
    app = await startApp(database, { BASE_URL: 'https://tasks.example.org', PORT: String(port) })
    requests = createRequests(`http://127.0.0.1:${port}`)
  })
  afterAll(async () => {
    requests.close()
    await app.stop()
  })

  test('security.txt tells where to report, for half a year', async () => {
    app.setNow(new Date('2026-11-23T09:30:00Z'))
    const { status, headers, text } = await requests.send({ path: '/.well-known/security.txt' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(text.split('\n')).toEqual([
      'Contact: mailto:security@tasks.example.org',
      'Expires: 2027-05-22T00:00:00.000Z',
      'Preferred-Languages: en',
      'Canonical: https://tasks.example.org/.well-known/security.txt',
      '',
    ])
    app.setNow(undefined)
  })

  test('an instance on https has browsers stay there', async () => {
    for (const path of ['/', '/health', '/api/tasks', '/nowhere']) {
      const { headers } = await requests.send({ path })
      expect(headers['strict-transport-security']).toBe('max-age=31536000')
    }
  })

  test('both ways to sign out have the browser forget what it keeps', async () => {
    const body = JSON.stringify({ name: 'Ada', email: 'ada@example.com', password })
    const headers = { 'content-type': 'application/json' }
    const registered = await requests.send({ method: 'POST', path: '/api/auth/register', headers, body })
    const token = String(registered.headers['set-auth-token'])
    for (const path of ['/api/auth/sign-out', '/api/auth/logout']) {
      const { status, headers } = await requests.send({ method: 'POST', path, headers: jsonAs(token), body: '{}' })
      expect(status).toBeLessThan(300)
      expect(headers['clear-site-data']).toBe('"cache"')
    }
  })
})

test('a client that sends its headers too slowly is told so, and goes', { timeout: 40_000 }, async () => {
  const [database] = databases
  if (!database) throw new Error('No database')
  const app = await startApp(database)
  const reply = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect({ port: Number(new URL(app.baseUrl).port), host: '127.0.0.1' })
    socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n')
    const drip = setInterval(() => socket.write('X-Slow: yes\r\n'), 1_000)
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.on('error', reject)
    socket.on('close', () => {
      clearInterval(drip)
      resolve(text)
    })
  })
  expect(reply).toMatch(/^HTTP\/1\.1 408 /)
  expect(reply).toContain('"code":"request_timeout"')
  await app.stop()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  return address.port
}
