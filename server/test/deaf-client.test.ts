import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { expectSoon, listenTo } from './listen.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

describe.each(databases)('a client that does not read, on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  /** Speaks WebSocket and Socket.IO until the server is ready for it, then never reads again. */
  async function connectDeaf({ token }: TestUser): Promise<Socket> {
    const { port, host } = new URL(app.baseUrl)
    const socket = connect({ port: Number(port), host: '127.0.0.1' })
    const heard = (text: string): Promise<void> =>
      new Promise((resolve) => {
        let bytes = ''
        socket.on('data', function listen(part: Buffer) {
          bytes += part.toString('latin1')
          if (!bytes.includes(text)) return
          socket.off('data', listen)
          resolve()
        })
      })
    const key = randomBytes(16).toString('base64')
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`
    socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`)
    await heard('"sid"')
    socket.write(frame(`40${JSON.stringify({ token })}`))
    await heard('"ready"')
    socket.pause()
    return socket
  }

  test('costs little memory, is dropped, and delays nobody', async () => {
    const user = await app.createUser()
    const description = '会'.repeat(20_000)
    const write = async (): Promise<number> =>
      (await user.client.createTask({ body: { title: 'a', description } })).body.revision
    for (let n = 0; n < 50; n++) await write()
    const deaf = await connectDeaf(user)
    const other = await listenTo(app.baseUrl, { token: user.token })
    const before = await memory()
    const delays: number[] = []
    for (let n = 0; n < 350; n++) {
      const revision = await write()
      const began = performance.now()
      if (n % 10 === 0) await expectSoon(() => other.changes.at(-1)?.to === revision, 2_000)
      delays.push(performance.now() - began)
      other.changes.length = n % 10 === 0 ? 0 : other.changes.length
    }
    other.changes.length = 0
    // 20 MB were meant for it, and compiled code moves by one or two; the system's own buffers are not the server's memory.
    const grown = (await memory()) - before
    expect(grown).toBeLessThan(4_000_000)
    expect(delays.toSorted((a, b) => a - b).at(Math.floor(delays.length * 0.95))).toBeLessThan(500)
    // A client that does not read does not see the end either: the kernel knows.
    await expect.poll(() => isEstablished(deaf), { timeout: 25_000, interval: 250 }).toBe(false)
    other.socket.disconnect()
    deaf.destroy()
  }, 120_000)
})

/** Whether the system still has the server's end of the connection. */
function isEstablished({ localPort }: Socket): boolean {
  const wanted = `:${Number(localPort).toString(16).toUpperCase().padStart(4, '0')}`
  return ['/proc/net/tcp', '/proc/net/tcp6'].some((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => {
        const [, , remote, state] = line.trim().split(/\s+/)
        return remote?.endsWith(wanted) && state === '01'
      }),
  )
}

/** What is in use, in bytes; buffers are given back some time after they were found to be garbage. */
async function memory(): Promise<number> {
  if (typeof collectGarbage !== 'function') throw new Error('The garbage collector cannot be called')
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A short text message as a client must send it: masked. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, ...length]), mask, masked])
}
