import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { answerOf, openSocket } from '../../test/listen.ts'
import type { Caller } from '../context.ts'
import { createRealtime } from './create-realtime.ts'

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const by = { kind: 'session', name: null } as const
const caller: Caller = { userId: 'u', spaceId: 's', timeZone: 'UTC', revision: 0, by, sessionId: 'session' }
const user = {
  id: 'u',
  name: 'Ada',
  email: 'ada@example.org',
  timeZone: 'UTC',
  emailVerified: true,
  twoFactorEnabled: false,
  createdAt: '2026-11-23T09:30:00.000Z',
}

test('connections that are all identified in one moment are no more than a user may have', async () => {
  const server = createServer((_, response) => response.end())
  let waiting = 0
  let letAllIn = silent
  const allAreThere = new Promise<void>((resolve) => (letAllIn = resolve))
  const realtime = createRealtime({
    server,
    log,
    epoch: 'e',
    socketsAUser: 3,
    feed: {
      readHead: async () => ({ revision: 0, floor: 0 }),
      hasMoreThan: async () => false,
      read: async () => ({ changes: [], revision: 0 }),
    },
    findCaller: async () => {
      waiting += 1
      if (waiting === 8) letAllIn()
      await allAreThere
      return { caller }
    },
    isAllowedSite: () => true,
    now: () => new Date(),
    findStandings: async (credentials) =>
      credentials.map((credential) => ({ credential, expiresAt: null, revision: 0, user })),
    findForeignWrites: async () => 0,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const sockets = Array.from({ length: 8 }, () => openSocket(`http://127.0.0.1:${port}`, {}))
  const answers = await Promise.all(sockets.map(answerOf))
  expect(answers.filter((answer) => answer === 'ready')).toHaveLength(3)
  for (const socket of sockets) socket.disconnect()
  await realtime.close()
  server.close()
})
