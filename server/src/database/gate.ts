import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** Stands before a pool: closed, it lets nobody wait for the database. */
export interface Gate {
  readonly pool: PostgresPool
  open(): void
  /** Ends the connections that are in use, too, so that whoever waits for an answer gets an error. */
  close(): void
}

export function createGate(pool: pg.Pool): Gate {
  const inUse = new Set<pg.PoolClient>()
  const waiting = new Set<() => void>()
  let isOpen = true
  pool.on('acquire', (client) => void inUse.add(client))
  pool.on('release', (_, client) => void inUse.delete(client))
  pool.on('remove', (client) => void inUse.delete(client))

  function connect(): Promise<PostgresPoolClient> {
    if (!isOpen) return Promise.reject(away())
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(away())
      waiting.add(giveUp)
      pool.connect().then(
        (client) => {
          if (waiting.delete(giveUp)) resolve(client)
          else client.release(true)
        },
        (error: unknown) => {
          waiting.delete(giveUp)
          reject(error)
        },
      )
    })
  }

  return {
    pool: { options: pool.options, connect, end: () => pool.end() },
    open: () => void (isOpen = true),
    close: () => {
      isOpen = false
      for (const client of inUse) end(client)
      for (const giveUp of waiting) giveUp()
      waiting.clear()
    },
  }
}

/** In use, it is cut off instead of ended in order. */
function end(client: pg.PoolClient & { end?: () => Promise<void> }): void {
  client.end?.().catch(() => {})
}

function away(): Error {
  return Object.assign(new Error('PostgreSQL does not answer'), { code: 'ETIMEDOUT' })
}
