import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { withinTime } from '../within-time.ts'

/** A hold on the store, until `release` or the end of the process, however it ends. */
export interface Hold {
  release(): void | Promise<void>
}

/** The hold of a server, which tells it of the others and of the store. */
export interface Claim extends Hold {
  /** How many servers hold the store, this one included, as far as is known. */
  countServers(): number
  /** Tells when the store no longer answers though it is there, and when it does again. */
  watch(tell: (isAnswering: boolean) => void): void
}

/** The session lock on PostgreSQL by which servers say that they are using the database. */
export const serverLock = 7_265_002
/** The one by which a backup is made by one server at a time. */
export const backupLock = 7_265_003

/** In milliseconds. A database that hangs is known within four seconds, so that no request waits for more than five. */
const times = { look: 500, answer: 1_500, connection: 1_500, atStart: 5_000, farewell: 500 }

/** How many hold the lock; on a connection that holds it itself this is never 0. */
const countHolders = `select count(*)::int as servers from pg_locks
  where locktype = 'advisory' and classid = 0 and objid = $1 and objsubid = 1 and granted and mode = 'ShareLock'
  and database = (select oid from pg_database where datname = current_database())`

/**
 * Holds the database together with other servers, on a connection of its own, and takes the lock again after an outage.
 * Twice a second it counts them, by which it also notices a database that hangs. Waits while somebody holds it alone.
 */
export async function joinServers(url: string): Promise<Claim> {
  const stopping = new AbortController()
  let client: pg.Client | undefined = await connectAside(url, times.atStart)
  await client.query('select pg_advisory_lock_shared($1)', [serverLock])
  let servers = await count(client)
  let isAnswering = true
  let tell: (isAnswering: boolean) => void = () => {}

  function note(answers: boolean): void {
    if (answers === isAnswering) return
    isAnswering = answers
    tell(answers)
  }

  async function look(): Promise<void> {
    if (client) {
      const found = await count(client).catch(() => undefined)
      if (found !== undefined) return void (servers = found)
      void leave(client)
      client = undefined
    }
    try {
      client = await rejoin(url)
      note(true)
    } catch (error) {
      // One that refuses has answered, and whoever asks it is told so at once.
      note(!(error instanceof Error && error.message === silence))
    }
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look()
      await pause(times.look, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }

  const looking = keepLooking()
  return {
    countServers: () => servers,
    watch: (listener) => void (tell = listener),
    release: async () => {
      stopping.abort()
      await looking
      await leave(client)
    },
  }
}

const silence = 'PostgreSQL does not answer'

async function count(client: pg.Client): Promise<number> {
  const { rows } = await withinTime(
    client.query<{ servers: number }>(countHolders, [serverLock]),
    times.answer,
    silence,
  )
  return rows[0]?.servers ?? 1
}

/** While somebody holds the database alone it goes without the lock, and tries again at the next look. */
async function rejoin(url: string): Promise<pg.Client | undefined> {
  const client = await connectAside(url, times.connection)
  const asked = client.query<{ held: boolean }>('select pg_try_advisory_lock_shared($1) as held', [serverLock])
  const held = await withinTime(asked, times.connection, silence)
    .then(({ rows }) => rows[0]?.held ?? false)
    .catch(() => false)
  if (held) return client
  await leave(client)
  return undefined
}

/** One that hangs is not waited for. */
async function leave(client: pg.Client | undefined): Promise<void> {
  if (client) await withinTime(client.end(), times.farewell, silence).catch(() => {})
}

/** A connection beside the pool, for a lock that lasts while the pool is idle. The server notices within half a minute when we are gone. */
export async function connectAside(url: string, patience = times.atStart): Promise<pg.Client> {
  const { Client } = (await import('pg')).default
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: patience,
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  })
  // Whoever uses it hears of its end from the next query.
  client.on('error', () => {})
  await client.connect().catch((error: unknown) => {
    throw error instanceof Error && error.message === 'timeout expired' ? new Error(silence) : error
  })
  return client
}
