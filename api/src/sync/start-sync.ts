import type { User } from '../account.ts'
import { type ClientOptions, createCalls } from '../calls.ts'
import { createUserCheck } from './check-user.ts'
import { createCopy } from './copy.ts'
import { follow, type Following } from './follow.ts'
import { createKeeper } from './keeper.ts'
import { createLedger } from './ledger.ts'
import { makeIds } from './make-ids.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createOutbox } from './outbox.ts'
import { patientFetch } from './patient-fetch.ts'
import type { StoredWrite } from './storage.ts'
import { joinTabs, type Tabs } from './tabs.ts'
import type { Sync, SyncOptions, SyncStatus, SyncWrite } from './types.ts'
import { createView } from './view.ts'
import { createWaiting } from './waiting.ts'
import { writesOf } from './writes.ts'

/** Starts to keep a copy of the tasks of whoever the client's requests are of, wired from top to bottom. */
export function startSync(client: ClientOptions, options: SyncOptions = {}): Sync {
  const { storage = createMemoryStorage(), pauses = { first: 500, most: 30_000 }, onFault = () => {} } = options
  const closing = new AbortController()
  const calls = createCalls({ ...client, fetch: patientFetch(client.fetch ?? fetch, closing.signal) })
  const token = (): string | undefined => client.token?.()
  let tabs: Tabs | undefined
  const keeper = createKeeper({ storage, onFault, keepsCopy: () => tabs?.isLeading() ?? false })
  const user = createUserCheck({ calls, token, keep: keeper.keep })
  let makeId = makeIds()
  const outboxId = makeId()
  let status: SyncStatus = 'catching up'
  let account: User | null = null
  let following: Following | undefined

  const waiting = createWaiting()
  const copy = createCopy({
    onChange: (ids, step) => {
      void keeper.keep(step)
      if (step.position) ledger.reach(step.position)
      view.touch(ids)
    },
  })
  const ledger = createLedger({
    waiting,
    copy,
    outbox: outboxId,
    makeId: () => makeId(),
    keep: keeper.keep,
    onChange: (ids) => view.touch(ids),
  })
  const view = createView({
    getParts: () => ({
      status,
      revision: copy.position?.revision ?? 0,
      pending: ledger.pending,
      refusals: ledger.refusals,
      account,
    }),
    getTask: (id) => waiting.apply(id, copy.tasks.get(id)),
    onFault,
  })
  const outbox = createOutbox({
    calls,
    copy,
    waiting,
    pauses,
    catchUp: async () => following?.catchUp(),
    mayStart,
    update: ledger.update,
    onSaved: (write, acknowledgement) => {
      ledger.save(write, acknowledgement)
      following?.expect(acknowledgement.revision)
    },
    onRefused: ledger.refuse,
    onSignedOut: () => following?.signOut(),
    onFault,
  })

  /** Whose the writes would be must be known first, also when the program has got itself another token. */
  function mayStart(): boolean {
    if (following === undefined || status === 'signed out') return false
    if (user.hasChanged()) following.restart()
    return user.isKnown()
  }

  function show(next: SyncStatus): void {
    status = next
    view.touch([])
  }

  async function begin(): Promise<void> {
    tabs = await joinTabs({
      name: storage.name,
      outbox: outboxId,
      closing: closing.signal,
      onLead: () => {
        const { position, tasks } = copy
        if (position) void keeper.keep({ position, deleteAllTasks: true, putTasks: [...tasks.values()] })
        adoptLeft().catch(onFault)
      },
      onLookout: () => void adoptLeft().catch(onFault),
    })
    const kept = await storage.load()
    if (closing.signal.aborted) return
    makeId = makeIds(kept.writes.at(-1)?.id)
    user.load(kept.owner)
    copy.load(kept.position, kept.tasks)
    ledger.load(kept.refusals)
    if (tabs.isLeading()) await adoptLeft(kept.writes)
    if (kept.position) ledger.reach(kept.position)
    view.touch(copy.tasks.keys())
    following = follow({
      calls,
      copy,
      pauses,
      baseUrl: client.baseUrl?.replace(/\/$/, ''),
      token,
      checkUser: user.check,
      hasUserChanged: user.hasChanged,
      onStatus: show,
      onReached: () => {
        if (status !== 'live') show('catching up')
        outbox.wake()
      },
      onAccount: (changed) => {
        account = changed
        view.touch([])
      },
      onFault,
    })
    outbox.start()
  }

  /** Takes over the writes of clients that are gone. */
  async function adoptLeft(kept?: readonly StoredWrite[]): Promise<void> {
    const writes = kept ?? (await storage.loadWrites())
    const living = await tabs?.findLiving([...new Set(writes.map((write) => write.outbox))])
    if (closing.signal.aborted) return
    ledger.adopt(writes.filter((write) => write.outbox !== outboxId && !living?.has(write.outbox)))
    outbox.start()
  }

  function reconnect(): void {
    if (user.hasChanged()) following?.restart()
    else following?.wake()
    outbox.wake()
  }

  const began = begin().catch(onFault)
  globalThis.addEventListener?.('online', reconnect, { signal: closing.signal })

  return {
    getSnapshot: view.getSnapshot,
    subscribe: view.subscribe,
    ...writesOf({ ledger, makeId: () => makeId(), getSnapshot: view.getSnapshot, onWrite: outbox.start }),
    undo: (writeId): SyncWrite | undefined => {
      const undo = ledger.undo(writeId, outbox.isSent)
      outbox.start()
      return undo
    },
    dismissRefusal: ledger.dismiss,
    reconnect,
    close: async () => {
      closing.abort()
      following?.close()
      outbox.close()
      await began
      await keeper.finish()
      await storage.close?.()
    },
  }
}
