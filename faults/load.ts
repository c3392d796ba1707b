import { type Operation, TaskwellError } from '@taskwell/api'
import { askAgain, claimsOf, type Entry, type SyncedWrite, request, send, type WriteRequest } from './ledger.ts'
import { demand } from './part.ts'
import type { Random } from './random.ts'
import type { Person, World } from './world.ts'

export interface Load {
  /** Lets what is under way come to its end; no further write begins. */
  stop(): Promise<void>
}

/**
 * Clients of each account write without rest, and its copies now and then. What gets no answer stays open in the ledger;
 * those that are patient send it again until then, as whoever is told to come later does.
 */
export function startLoad({ people, random }: World, { clients = 4, arePatient = false } = {}): Load {
  let isOver = false
  async function work(person: Person): Promise<void> {
    while (!isOver) {
      const entry: Entry = { key: random.uuid(), request: nextWrite(person, random) }
      person.entries.push(entry)
      let isAnswered = false
      do {
        isAnswered = (await send(person.client, entry)) !== 'unanswered'
        if (!isAnswered) await pause(50)
      } while (arePatient && !isAnswered && !isOver)
    }
  }
  async function sync(person: Person): Promise<void> {
    while (!isOver) {
      await Promise.race([writeToCopy(person, random), pause(300)])
      await pause(100)
    }
  }
  const working = people.flatMap((person) => [...Array.from({ length: clients }, () => work(person)), sync(person)])
  return {
    stop: async () => {
      isOver = true
      await Promise.all(working)
    },
  }
}

/** Sends all open writes again, under their keys, until each has its answer; some by two clients at once. */
export async function settle({ people, random }: World, patience = 30_000): Promise<number> {
  const open = people.flatMap((person) => person.entries.filter(isOpen).map((entry) => ({ person, entry })))
  const count = open.length
  const deadline = performance.now() + patience
  async function work(): Promise<void> {
    for (let next = open.shift(); next; next = open.shift()) {
      const { person, entry } = next
      if (random.isLucky(0.3)) await sendTwice(person, entry)
      while (isOpen(entry)) {
        if ((await send(person.client, entry)) !== 'unanswered') break
        demand(performance.now() < deadline, `a write got no answer for ${patience / 1000} s after the fault was over`)
        await pause(200)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  const doubtful = people.flatMap((person) =>
    person.entries.filter(({ refusal, wasAbandoned }) => refusal && wasAbandoned).map((entry) => ({ person, entry })),
  )
  for (const { person, entry } of doubtful) {
    while (isOpen(entry) || entry.wasAbandoned) {
      await askAgain(person.client, entry)
      demand(performance.now() < deadline, `a write got no answer for ${patience / 1000} s after the fault was over`)
      if (isOpen(entry)) await pause(200)
    }
  }
  while (people.some(({ synced }) => synced.some(({ outcome }) => outcome === undefined))) {
    demand(performance.now() < deadline, `a copy could not send its writes for ${patience / 1000} s`)
    for (const { copies } of people) for (const copy of copies) copy.reconnect()
    await pause(200)
  }
  return count
}

/** A copy takes every write at once; it is its business to bring it to the server. */
async function writeToCopy({ copies, synced, taskIds }: Person, random: Random): Promise<void> {
  const copy = random.pick(copies)
  if (!copy) return
  const title = `Synced ${random.uuid()}`
  const known = random.isLucky(0.4) ? random.pick([...copy.getSnapshot().tasks.keys()]) : undefined
  const {
    taskIds: [taskId = ''],
    settled,
  } = known === undefined ? copy.createTask({ title }) : copy.updateTask(known, { title })
  if (known === undefined) taskIds.push(taskId)
  const write: SyncedWrite = { taskId, title }
  synced.push(write)
  write.outcome = await settled
}

/** Sends some acknowledged writes again: each is answered as it was, and has no second effect. */
export async function repeatSome({ people, random }: World, count = 10): Promise<void> {
  for (const person of people) {
    const done = person.entries.filter((entry) => entry.acknowledgement)
    for (let number = 0; number < Math.min(count, done.length); number += 1) {
      const entry = random.pick(done)
      if (!entry) continue
      const again = await request(person.client, entry)
      demand(isSame(again, entry.acknowledgement), `a ${entry.request.kind} that was repeated got another reply`)
    }
  }
}

async function sendTwice({ client }: Person, entry: Entry): Promise<void> {
  const replies = await Promise.allSettled([request(client, entry), request(client, entry)])
  if (replies.some((reply) => reply.status === 'rejected' && !(reply.reason instanceof TaskwellError)))
    entry.wasAbandoned = true
  const [one, other] = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []))
  if (one && other) demand(isSame(one, other), 'two requests with one key got two replies')
  if (one) entry.acknowledgement = one
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function isOpen({ acknowledgement, refusal }: Entry): boolean {
  return acknowledgement === undefined && refusal === undefined
}

/** Every write that has an effect has one that can be told from all others: its title is new. */
function nextWrite(person: Person, random: Random): WriteRequest {
  const known = random.pick(person.taskIds)
  const chance = random.next()
  if (known === undefined || chance < 0.3) return { kind: 'create', task: newTask(person, random) }
  if (chance < 0.6) return { kind: 'edit', id: known, changes: changes(random) }
  if (chance < 0.8) return { kind: 'batch', operations: operations(person, random) }
  if (chance < 0.9) return { kind: 'delete', id: known }
  const revision = claimsOf(random.pick(person.entries) ?? { key: '', request: { kind: 'delete', id: '' } })[0]
    ?.revision
  return revision === undefined ? { kind: 'edit', id: known, changes: changes(random) } : { kind: 'undo', revision }
}

function operations(person: Person, random: Random): Operation[] {
  return Array.from({ length: 2 + random.below(6) }, (): Operation => {
    const id = random.pick(person.taskIds)
    const chance = random.next()
    if (id === undefined || chance < 0.7) return { op: 'create', task: newTask(person, random) }
    return { op: 'update', id, changes: changes(random) }
  })
}

function newTask(person: Person, random: Random): { id: string; title: string; description: string } {
  const id = random.uuid()
  person.taskIds.push(id)
  return { id, title: `Task ${random.uuid()}`, description: 'with some words to fill a page '.repeat(random.below(20)) }
}

function changes(random: Random): { title: string; completed?: boolean } {
  return { title: `Edited ${random.uuid()}`, ...(random.isLucky(0.3) && { completed: random.isLucky(0.5) }) }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
