import { whenFree } from './when-free.ts'

/** One of the transactions that are committed together. Each ends by `commit` or `rollback`, once. */
export interface Member {
  /** Runs a statement of it. */
  run<T>(statement: () => T): T
  /** Ends when what it wrote is on the disk. @throws when it could not be put there. */
  commit(): Promise<void>
  rollback(): Promise<void>
}

export interface GroupCommit {
  /** Waits for those who came before to end, then begins. */
  join(): Promise<Member>
  /** Runs a statement that cannot be part of a transaction, once all before it are committed. */
  alone<T>(statement: () => T): Promise<T>
}

interface Writer {
  /** @throws when nothing may be written, or somebody else writes for too long. */
  begin(): Promise<void>
  run(command: string): void
  inTransaction(): boolean
}

/** In milliseconds: a group that has been open for so long is committed even if others are waiting to join. */
const longestGroup = 20

/**
 * Commits the transactions that come in one turn of the event loop together, since what costs is not what they write but
 * the one wait for the disk. They run one after the other, each in a savepoint, so that one that fails takes nothing of
 * the others back. None of them hears of its end before all of them are committed: what one has seen of another is true.
 */
export function createGroupCommit(writer: Writer): GroupCommit {
  const turns = createTurns()
  let group: Group | undefined

  async function begin(): Promise<Group> {
    await writer.begin()
    const opened = createGroup()
    group = opened
    // Comes after all that this turn of the event loop has read from connections.
    setImmediate(() => void endInTurn(opened))
    return opened
  }

  /** The turn of the event loop is over, though not always for a transaction that waits for something but the database. */
  async function endInTurn(opened: Group): Promise<void> {
    if (group !== opened) return
    if (opened.isAwaited && turns.isTaken()) process.emitWarning(waitingMessage, 'TransactionWarning')
    const endTurn = await turns.take()
    if (group === opened) end(opened)
    endTurn()
  }

  function end(ending: Group, lost?: unknown): void {
    group = undefined
    try {
      if (lost !== undefined) throw lost
      writer.run('commit')
      ending.settle()
    } catch (error) {
      ending.settle(error)
      // SQLite may have rolled back by itself (disk full); a second rollback would hide the first error.
      if (writer.inTransaction()) writer.run('rollback')
    }
  }

  async function join(): Promise<Member> {
    const endTurn = await turns.take()
    try {
      if (group && performance.now() - group.begunAt > longestGroup) end(group)
      const joined = group ?? (await begin())
      writer.run('savepoint member')
      return createMember(joined, endTurn)
    } catch (error) {
      endTurn()
      throw error
    }
  }

  function createMember(joined: Group, endTurn: () => void): Member {
    return {
      run: (statement) => {
        if (group !== joined) throw new Error('This transaction has been rolled back already')
        try {
          return statement()
        } catch (error) {
          // Some errors end the whole transaction: nothing of the group is left.
          if (!writer.inTransaction()) end(joined, error)
          throw error
        }
      },
      commit: async () => {
        if (group === joined) writer.run('release member')
        joined.isAwaited = true
        endTurn()
        await joined.settled
      },
      rollback: async () => {
        try {
          for (const command of ['rollback to member', 'release member']) if (group === joined) writer.run(command)
        } catch (error) {
          end(joined, error)
        }
        endTurn()
        await joined.settled.catch(() => {})
      },
    }
  }

  return {
    join,
    alone: async (statement) => {
      const endTurn = await turns.take()
      try {
        if (group) end(group)
        return await whenFree(statement)
      } finally {
        endTurn()
      }
    },
  }
}

const waitingMessage = 'A transaction on SQLite waits for something but the database, and all others for it.'

interface Group {
  readonly begunAt: number
  /** Whether a transaction has ended well and waits for the commit. */
  isAwaited: boolean
  /** Fulfilled by the commit; rejected with what kept it from being made. */
  readonly settled: Promise<void>
  settle(error?: unknown): void
}

function createGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // When all have failed by themselves, nobody waits for it.
  promise.catch(() => {})
  const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error))
  return { begunAt: performance.now(), isAwaited: false, settled: promise, settle }
}

/** A queue of one: each holder gets its turn after the one before has called the function that it was given. */
function createTurns(): { take(): Promise<() => void>; isTaken(): boolean } {
  let last: Promise<void> = Promise.resolve()
  let holders = 0
  return {
    async take() {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      holders += 1
      await before
      return () => {
        holders -= 1
        resolve()
      }
    },
    isTaken: () => holders > 0,
  }
}
