import { createClient, type Client, type Sync } from '@taskwell/api'
import type { Entry, SyncedWrite } from './ledger.ts'
import type { Random } from './random.ts'

/** An account with all that its clients have written down. */
export interface Person {
  readonly id: string
  readonly token: string
  readonly client: Client
  readonly entries: Entry[]
  /** Copies that clients keep, across all faults. */
  readonly copies: Sync[]
  /** What these have written. */
  readonly synced: SyncedWrite[]
  /** Ids of tasks that exist, or once did. */
  readonly taskIds: string[]
}

export interface World {
  readonly url: string
  readonly people: readonly Person[]
  readonly random: Random
  close(): Promise<void>
}

/** In milliseconds: beyond it a request counts as unanswered. */
const patience = 20_000

/** Told of the status of each answer to a person's own client; undefined when none came. */
type Hear = (status: number | undefined) => void

function patientFetch(hear: Hear): typeof fetch {
  return async (input, init) => {
    try {
      const reply = await fetch(input, { ...init, signal: AbortSignal.timeout(patience) })
      hear(reply.status)
      return reply
    } catch (error) {
      hear(undefined)
      throw error
    }
  }
}

/** Makes accounts, each with some clients that keep a copy. The server must be running. */
export async function createWorld(
  url: string,
  random: Random,
  { people = 4, ...options }: { people?: number; copies?: number; hear?: Hear } = {},
): Promise<World> {
  const made: Person[] = []
  for (let number = 0; number < people; number += 1)
    made.push(await createPerson(url, random, { copies: 4, ...options }))
  return {
    url,
    people: made,
    random,
    close: async () => void (await Promise.all(made.flatMap((person) => person.copies.map((copy) => copy.close())))),
  }
}

export async function createPerson(
  url: string,
  random: Random,
  { copies = 0, hear = () => {} }: { copies?: number; hear?: Hear } = {},
): Promise<Person> {
  const email = `${random.uuid()}@example.org`
  const { body, headers } = await createClient({ baseUrl: url }).register({
    body: { name: 'Ada', email, password: 'correct horse battery' },
  })
  const token = headers.get('set-auth-token') ?? ''
  const options = { baseUrl: url, token: () => token }
  return {
    id: body.user.id,
    token,
    client: createClient({ ...options, fetch: patientFetch(hear) }),
    entries: [],
    synced: [],
    taskIds: [],
    copies: Array.from({ length: copies }, () => createClient(options).sync({ pauses: { first: 50, most: 500 } })),
  }
}
