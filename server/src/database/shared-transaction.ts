import { AsyncLocalStorage } from 'node:async_hooks'
import { sql } from 'kysely'
import { Refusal } from '../errors.ts'
import { type Database, databaseKind } from './open.ts'

/** In milliseconds: a transaction that has been open for so long is committed even if others are waiting to join. */
const longestGroup = 20
/** How long work waits until it is begun, in milliseconds: as long as for a connection. */
const patience = 4_000

/**
 * Runs the work in a transaction that on PostgreSQL it shares with work of the same name that has come meanwhile. By
 * themselves such transactions would wait for each other's locks, each on a connection of its own, and each for the disk.
 * They run one after the other, each in a savepoint, so that one that fails takes nothing of the others back; none hears
 * of its end, not even of a failure, before all are committed. On SQLite all transactions do so: see group-commit.ts.
 */
export function inSharedTransaction<T>(db: Database, name: string, work: (db: Database) => Promise<T>): Promise<T> {
  if (databaseKind(db) === 'sqlite') return db.transaction().execute(work)
  return new Promise((resolve, reject) => {
    const queues = queuesOf(db)
    const member = createMember(work, resolve, reject)
    const queue = queues.get(name)
    if (queue) waitIn(queue, member)
    else void workOff(db, queues, { name, queue: [member] })
  })
}

/** Thrown by what would have to wait for another transaction while this one holds what others have written. */
export class GoesAlone extends Error {}

/** Whether the transaction has writes of others in it, so that nothing may wait within it. */
export function isShared(db: Database): boolean {
  return shared.has(db)
}

const shared = new WeakSet<Database>()

/** By store and name: what waits for the transaction that is open. */
const stores = new WeakMap<Database, Map<string, Member[]>>()

function queuesOf(db: Database): Map<string, Member[]> {
  const known = stores.get(db) ?? new Map<string, Member[]>()
  stores.set(db, known)
  return known
}

interface Member {
  /** @throws what the work throws */
  run(db: Database): Promise<void>
  /** What tells how it went; called once that is certain. */
  tell: () => void
  readonly fail: (error: unknown) => void
}

function createMember<T>(
  work: (db: Database) => Promise<T>,
  resolve: (result: T) => void,
  fail: (error: unknown) => void,
): Member {
  // A trace tells whose statement it is.
  const inOwnContext = AsyncLocalStorage.snapshot()
  const member: Member = {
    run: async (db) => {
      const result = await inOwnContext(work, db)
      member.tell = () => resolve(result)
    },
    tell: () => {},
    fail,
  }
  return member
}

function waitIn(queue: Member[], member: Member): void {
  queue.push(member)
  const timer = setTimeout(() => {
    const place = queue.indexOf(member)
    // Its turn has come just now.
    if (place === -1) return
    queue.splice(place, 1)
    member.fail(new Refusal('overloaded', { detail: 'Wait a second, then try again.' }))
  }, patience)
  const { run } = member
  member.run = (db) => {
    clearTimeout(timer)
    return run(db)
  }
}

async function workOff(
  db: Database,
  queues: Map<string, Member[]>,
  { name, queue }: { name: string; queue: Member[] },
): Promise<void> {
  queues.set(name, queue)
  while (queue.length > 0) await commitTogether(db, queue)
  queues.delete(name)
}

async function commitTogether(db: Database, queue: Member[]): Promise<void> {
  const joined: Member[] = []
  try {
    await db.transaction().execute(async (db) => {
      const end = performance.now() + longestGroup
      let mayJoin = true
      for (let member = queue.shift(); member; member = mayJoin ? queue.shift() : undefined) {
        joined.push(member)
        // What the first one throws ends the transaction, which has nothing else in it.
        const isDone = joined.length === 1 ? await member.run(db).then(() => true) : await runInSavepoint(db, member)
        if (!isDone) queue.unshift(...joined.splice(-1))
        mayJoin = isDone && performance.now() < end
      }
    })
  } catch (error) {
    // Where there was no connection, nobody had begun.
    for (const member of joined.length > 0 ? joined : queue.splice(0)) member.fail(error)
    return
  }
  for (const member of joined) member.tell()
}

/**
 * The savepoint is not released but covered by the next one, which saves a way there and back.
 * False when it must have a transaction for itself. @throws when the whole transaction is lost
 */
async function runInSavepoint(db: Database, member: Member): Promise<boolean> {
  await sql`savepoint member`.execute(db)
  const own = db.withoutPlugins()
  shared.add(own)
  try {
    await member.run(own)
  } catch (error) {
    await sql`rollback to savepoint member`.execute(db)
    member.tell = () => member.fail(error)
    return !(error instanceof GoesAlone)
  }
  return true
}
