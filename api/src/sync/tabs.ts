/** How clients of one storage, such as tabs of a browser, share it. Every one sends the writes of its own outbox. */
export interface Tabs {
  /** Whether this client keeps the copy, and sends what clients that are gone have left. One at a time does. */
  isLeading(): boolean
  /** Those of the outboxes whose client runs. */
  findLiving(outboxes: readonly string[]): Promise<ReadonlySet<string>>
}

/** How often the leader looks for what others have left, in milliseconds. */
const lookout = 10_000

export interface TabsOptions {
  /** Of the storage; without a name, or where there are no locks, this client is the only one. */
  readonly name: string | undefined
  readonly outbox: string
  readonly closing: AbortSignal
  /** This client has come to lead. */
  onLead(): void
  /** Others may have gone. */
  onLookout(): void
}

/** Joins the other clients. They hold locks that end with them, however they end. */
export async function joinTabs({ name, outbox, closing, onLead, onLookout }: TabsOptions): Promise<Tabs> {
  const locks = globalThis.navigator?.locks
  if (name === undefined || !locks) return { isLeading: () => true, findLiving: async () => new Set() }
  const lockOf = (of: string): string => `taskwell ${name} outbox ${of}`
  const copyLock = `taskwell ${name} copy`
  let isLeading = false
  const untilClosed = (): Promise<void> =>
    new Promise((resolve) => closing.addEventListener('abort', () => resolve(), { once: true }))

  const lead = (): Promise<void> => {
    isLeading = true
    const looking = setInterval(onLookout, lookout)
    return untilClosed().finally(() => clearInterval(looking))
  }

  await new Promise<void>((resolve) => {
    hold(lockOf(outbox), {}, () => {
      resolve()
      return untilClosed()
    })
  })
  const hasLed = await new Promise<boolean>((resolve) => {
    hold(copyLock, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock ? lead() : undefined
    })
  })
  if (!hasLed) {
    hold(copyLock, { signal: closing }, () => {
      const led = lead()
      onLead()
      return led
    })
  }

  /** As long as the promise of `work` lasts. */
  function hold(lock: string, options: LockOptions, work: (lock: Lock | null) => Promise<void> | undefined): void {
    // Closing ends the wait for a lock with an error, which is no news.
    locks.request(lock, options, work).catch(() => {})
  }

  return {
    isLeading: () => isLeading,
    findLiving: async (outboxes) => {
      const { held = [] } = await locks.query()
      const names = new Set(held.map((lock) => lock.name))
      return new Set(outboxes.filter((of) => names.has(lockOf(of))))
    },
  }
}
