import type { Connection } from './connection.ts'

/** All who listen to a space. */
export interface Audience {
  readonly spaceId: string
  readonly sockets: Set<Connection>
  /** The last revision that was heard of. */
  head: number
  isPumping: boolean
}

/** The open connections, by the space that they listen to. */
export interface Audiences {
  /** Answers false, and adds nothing, when as many connections are there already. */
  add(socket: Connection, most: number): boolean
  remove(socket: Connection): void
  find(spaceId: string): Audience | undefined
  all(): Connection[]
}

export function createAudiences(): Audiences {
  const audiences = new Map<string, Audience>()
  return {
    add: (socket, most) => {
      const { spaceId } = socket.data
      const audience = audiences.get(spaceId) ?? { spaceId, sockets: new Set(), head: 0, isPumping: false }
      if (audience.sockets.size >= most) return false
      audience.sockets.add(socket)
      audiences.set(spaceId, audience)
      return true
    },
    remove: (socket) => {
      const audience = audiences.get(socket.data.spaceId)
      audience?.sockets.delete(socket)
      if (audience?.sockets.size === 0) audiences.delete(socket.data.spaceId)
    },
    find: (spaceId) => audiences.get(spaceId),
    all: () => [...audiences.values()].flatMap(({ sockets }) => [...sockets]),
  }
}
