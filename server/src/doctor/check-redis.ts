import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Check, findings } from './finding.ts'

const { ok, warning, wrong } = findings('redis')
const patience = 5_000

export const checkRedis: Check = {
  name: 'redis',
  examine: async ({ config: { redisUrl, database } }) => {
    if (redisUrl === undefined) {
      return database.kind === 'sqlite'
        ? []
        : [warning('one server only may use this database: set REDIS_URL for more')]
    }
    try {
      const reply = await ping(new URL(redisUrl))
      return [reply.includes('+PONG') ? ok('it answers') : wrong('it refuses the sign-in: check REDIS_URL')]
    } catch {
      return [wrong('it does not answer: check that it runs where REDIS_URL says')]
    }
  },
}

function ping({ protocol, hostname, port, username, password }: URL): Promise<string> {
  const [user, pass] = [decodeURIComponent(username) || 'default', decodeURIComponent(password)]
  const commands = [...(pass ? [['AUTH', user, pass]] : []), ['PING']]
  const place = { host: hostname, port: Number(port || 6379) }
  return new Promise((resolve, reject) => {
    const socket = protocol === 'rediss:' ? connectTls({ ...place, servername: hostname }) : connectPlain(place)
    let text = ''
    socket.setTimeout(patience, () => socket.destroy(new Error('Too slow')))
    socket.once('error', reject)
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (text.split('\r\n').length <= commands.length) return
      socket.end()
      resolve(text)
    })
    socket.once('close', () => reject(new Error('It hung up')))
    socket.write(commands.map(encode).join(''))
  })
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
