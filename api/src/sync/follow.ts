import type { User } from '../account.ts'
import type { Calls } from '../calls.ts'
import type { ServerEvents } from '../events.ts'
import { pauseAfter } from './backoff.ts'
import { connect } from './connect.ts'
import type { Copy } from './copy.ts'
import { judgeFailure } from './judge-failure.ts'
import { createPause } from './pause.ts'
import { pull } from './pull.ts'
import type { SyncStatus } from './types.ts'

export interface FollowOptions {
  readonly calls: Calls
  readonly copy: Copy
  readonly baseUrl: string | undefined
  token(): string | undefined
  readonly pauses: { readonly first: number; readonly most: number }
  /** Makes sure that it is still the same user who is signed in. @throws like a call */
  checkUser(): Promise<void>
  /** Whether another token is in use than the one that was checked. */
  hasUserChanged(): boolean
  onStatus(status: SyncStatus): void
  /** The server can be reached, and the user is who they were. */
  onReached(): void
  onAccount(user: User): void
  onFault(error: unknown): void
}

export interface Following {
  /** Tries now. */
  wake(): void
  /** Ends the connection, and begins with finding out who is signed in. */
  restart(): void
  /** Brings the copy to where the server stands. @throws like a call */
  catchUp(): Promise<void>
  /** The server has come to this revision: if nothing pushes changes, asks for them. */
  expect(revision: number): void
  signOut(): void
  close(): void
}

/** Where no socket gets through, this is how long changes may take, in milliseconds. */
const longestPoll = 10_000

/** Keeps the copy right: pulls what was missed, then takes what is pushed, and begins again when that ends. */
export function follow(options: FollowOptions): Following {
  const { calls, copy, pauses, onStatus, onFault } = options
  const pause = createPause()
  let isClosed = false
  let isSignedOut = false
  let endConnection: (() => void) | undefined
  let isPushed = false
  let pulling: Promise<void> | undefined
  let isPullWanted = false

  /** One pull at a time; who asks during one gets another one after it. */
  function pullNow(): Promise<void> {
    isPullWanted = true
    pulling ??= pullWanted().finally(() => (pulling = undefined))
    return pulling
  }

  async function pullWanted(): Promise<void> {
    while (isPullWanted && !isClosed) {
      isPullWanted = false
      await pull(calls, copy)
    }
  }

  /** The connection cannot be trusted to be complete any more: what is missing is pulled, or it ends. */
  function pullMissing(): void {
    if (options.hasUserChanged()) return restart()
    pullNow().catch(() => endConnection?.())
  }

  function restart(): void {
    endConnection?.()
    pause.wake()
  }

  async function run(): Promise<void> {
    for (let failures = 0; !isClosed;) {
      const before = Date.now()
      const retryAfter = await attempt(() => (failures = 0))
      if (isClosed) return
      failures += 1
      const most = retryAfter === undefined ? Math.min(pauses.most, longestPoll) : pauses.most
      const isLasting = Date.now() - before > pauses.most
      if (isLasting) failures = 1
      if (isSignedOut) await pause.untilWoken()
      else await pause.lasting(pauseAfter(failures, { ...pauses, most }, retryAfter ?? null))
      isSignedOut = false
    }
  }

  /** Follows the server as long as it can. Answers undefined when the server was reached, else how long to wait. */
  async function attempt(onConnected: () => void): Promise<number | null | undefined> {
    try {
      await options.checkUser()
      options.onReached()
      await pullNow()
      await listen(onConnected)
      return undefined
    } catch (error) {
      return fail(error)
    }
  }

  function fail(error: unknown): number | null {
    const failure = judgeFailure(error)
    if (failure.kind === 'signed out') signOut()
    else if (!isClosed) onStatus('offline')
    if (failure.kind === 'refused') onFault(error)
    return failure.kind === 'later' ? failure.retryAfter : null
  }

  function signOut(): void {
    isSignedOut = true
    onStatus('signed out')
    endConnection?.()
  }

  /** Until the connection ends. */
  async function listen(onConnected: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const token = options.token()
    const { position } = copy
    endConnection = await connect({
      baseUrl: options.baseUrl,
      auth: {
        ...(token !== undefined && { token }),
        ...(position && { since: position.revision, epoch: position.epoch }),
      },
      on: handlers(onConnected),
      onEnd: resolve,
    })
    if (isClosed) endConnection()
    await promise
    endConnection = undefined
    if (isSignedOut || isClosed) return
    // Without ever having been connected, this is a poll, and the copy is as fresh as polls can make it.
    onStatus(isPushed ? 'catching up' : 'live')
    isPushed = false
  }

  function handlers(onConnected: () => void): ServerEvents {
    let epoch = ''
    let head = 0
    const tellWhetherLive = () => onStatus((copy.position?.revision ?? 0) >= head ? 'live' : 'catching up')
    return {
      ready: (event) => {
        ;({ epoch, revision: head } = event)
        isPushed = true
        onConnected()
        tellWhetherLive()
      },
      changes: ({ from, to, changes }) => {
        const { position } = copy
        if (position?.epoch !== epoch || from > position.revision) return pullMissing()
        // One that begins before what the copy has reached holds what comes after, too.
        if (to > position.revision) copy.advance(changes, { epoch, revision: to })
        tellWhetherLive()
      },
      resync: () => {
        onStatus('catching up')
        pullNow().then(tellWhetherLive, () => endConnection?.())
      },
      'account:changed': ({ user }) => options.onAccount(user),
      // The next request tells whether somebody is signed in by now.
      'session:ended': () => endConnection?.(),
    }
  }

  run().catch(onFault)

  return {
    wake: () => pause.wake(),
    restart,
    catchUp: pullNow,
    expect: (revision) => {
      if (!isPushed && revision > (copy.position?.revision ?? 0)) pause.wake()
    },
    signOut,
    close: () => {
      isClosed = true
      endConnection?.()
      pause.wake()
    },
  }
}
