import type { Change, ServerEvents, SocketAuth, User } from '@taskwell/api'
import { io, type Socket } from 'socket.io-client'
import { expect } from 'vitest'

/** A device that listens, and what it has heard. */
export interface Heard {
  readonly socket: Socket<ServerEvents>
  readonly ready: { revision: number; epoch: string }
  readonly changes: { from: number; to: number; changes: Change[] }[]
  readonly users: User[]
  readonly others: string[]
}

export function openSocket(
  baseUrl: string,
  auth: SocketAuth,
  headers: Record<string, string> = {},
): Socket<ServerEvents> {
  return io(baseUrl, {
    transports: ['websocket'],
    auth: { ...auth },
    extraHeaders: headers,
    forceNew: true,
    reconnection: false,
  })
}

/** Connects, and waits until the server is ready for it. */
export async function listenTo(baseUrl: string, auth: SocketAuth): Promise<Heard> {
  const socket = openSocket(baseUrl, auth)
  const [changes, users, others]: [Heard['changes'], User[], string[]] = [[], [], []]
  socket.on('changes', (event) => void changes.push(event))
  socket.on('account:changed', ({ user }) => void users.push(user))
  socket.on('resync', () => void others.push('resync'))
  socket.on('session:ended', () => void others.push('session:ended'))
  const ready = await new Promise<Heard['ready']>((resolve, reject) => {
    socket.on('ready', resolve)
    socket.on('connect_error', reject)
  })
  return { socket, ready, changes, users, others }
}

/** What a connection is answered first: `ready`, that it is over, or why it is refused. */
export function answerOf(socket: Socket<ServerEvents>): Promise<unknown> {
  return new Promise((resolve) => {
    socket.on('connect_error', (error) => resolve('data' in error ? error.data : error.message))
    socket.on('ready', () => resolve('ready'))
    socket.on('disconnect', () => resolve('disconnected'))
  })
}

export async function expectSoon(condition: () => boolean, patience = 5_000): Promise<void> {
  const end = Date.now() + patience
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(condition()).toBe(true)
}
