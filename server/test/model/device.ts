import {
  createClient,
  createMemoryStorage,
  type Operation,
  type Sync,
  type SyncSnapshot,
  type SyncWrite,
} from '@taskwell/api'
import { expect, vi } from 'vitest'
import { createFlakyFetch, createFlakyLink, type FlakyFetch, type FlakyLink } from './flaky-link.ts'

/** A client with a storage, on a bad line, that checks what it shows whenever it changes. */
export interface Device {
  readonly user: Account
  readonly link: FlakyLink
  readonly faults: FlakyFetch
  readonly sync: Sync
  /** The writes of this run of the program, oldest first. */
  readonly writes: SyncWrite[]
  /** What a batch asked for when it was last sent: a refused one leaves out what has become true by itself. */
  findBatch(key: string): readonly Operation[] | undefined
  /** What went wrong with what was shown. */
  readonly complaints: string[]
  /** Ends the program and starts it anew on its storage. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface Account {
  readonly id: string
  readonly token: string
}

export async function createDevice(user: Account, port: number): Promise<Device> {
  const link = await createFlakyLink(port)
  const faults = createFlakyFetch()
  const storage = createMemoryStorage()
  const sent = new Map<string, string[]>()
  const client = createClient({
    baseUrl: link.baseUrl,
    token: () => user.token,
    fetch: async (input, init) => {
      const key = new Headers(init?.headers).get('idempotency-key')
      if (key === null || !String(input).endsWith('/batch')) return faults.fetch(input, init)
      const asked = sent.get(key) ?? []
      sent.set(key, asked)
      const body = String(init?.body)
      if (asked.at(-1) !== body) asked.push(body)
      const reply = await faults.fetch(input, init)
      // The server did what was asked under the key before.
      if (reply.status === 422) asked.pop()
      return reply
    },
  })
  const complaints: string[] = []
  let writes: SyncWrite[] = []
  let sync = start()

  function start(): Sync {
    const started = client.sync({ storage, pauses: { first: 5, most: 60 } })
    let before = started.getSnapshot()
    started.subscribe(() => {
      const after = started.getSnapshot()
      complaints.push(...findStepsBack(before, after))
      before = after
    })
    return started
  }

  return {
    user,
    link,
    faults,
    complaints,
    findBatch: (key) => {
      const body = sent.get(key)?.at(-1)
      return body === undefined ? undefined : JSON.parse(body).operations
    },
    get sync() {
      return sync
    },
    get writes() {
      return writes
    },
    restart: async () => {
      await sync.close()
      writes = []
      sync = start()
    },
    close: async () => {
      await sync.close()
      await link.close()
    },
  }
}

/** Neither the copy nor a task in it may ever go back to what was before. */
function findStepsBack(before: SyncSnapshot, after: SyncSnapshot): string[] {
  const complaints: string[] = []
  if (after.revision < before.revision) complaints.push(`the copy went from ${before.revision} to ${after.revision}`)
  for (const [id, task] of after.tasks) {
    const known = before.tasks.get(id)
    if (known && known !== task && task.revision < known.revision)
      complaints.push(`task ${id} went from ${known.revision} to ${task.revision}`)
  }
  return complaints
}

/** Until nothing waits and the device has come to this revision. */
export async function settle({ sync, link, faults }: Device, revision: number): Promise<void> {
  Object.assign(faults, { drop: 0, duplicate: 0 })
  link.lose = 0
  // A change that was lost with none after it shows when the line comes back.
  link.cut()
  link.mend()
  sync.reconnect()
  const isQuiet = (): boolean => {
    const { status, pending, revision: reached } = sync.getSnapshot()
    return status === 'live' && pending === 0 && reached >= revision
  }
  await vi.waitUntil(isQuiet, { timeout: 30_000, interval: 10 }).catch(() => {
    const { status, pending, revision: reached } = sync.getSnapshot()
    expect({ status, pending, reached }).toEqual({ status: 'live', pending: 0, reached: revision })
  })
}
