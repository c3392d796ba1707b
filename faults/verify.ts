import type { Task } from '@taskwell/api'
import { type Claim, claimsOf, claimsOfSynced, type Entry } from './ledger.ts'
import { pause } from './load.ts'
import { demand } from './part.ts'
import type { Random } from './random.ts'
import { type Place, readSpace, type StoredSpace } from './store.ts'
import type { Person, World } from './world.ts'

/** Histories that are read after each fault; reading all of them would take longer than the fault. */
const histories = 15

/** Compares all that was acknowledged with database, feed, histories and copies. Every write must be settled. */
export async function verify({ people, random }: World, place: Place): Promise<void> {
  for (const person of people) {
    const stored = await readSpace(place, person.id)
    const claims = compareWithStore(person, stored)
    const feed = await readFeed(person)
    compareFeed(feed, stored)
    await compareHistories(person, claims, random)
    for (const copy of person.copies) await compareCopy(copy, feed, stored.revision)
  }
}

/** @throws when something acknowledged is lost or doubled, or something is there that nobody was told of */
function compareWithStore(
  { entries, synced }: Pick<Person, 'entries' | 'synced'>,
  { revision, changes, tasks }: StoredSpace,
): Map<string, Claim[]> {
  const byRevision = new Map(changes.map((change) => [change.revision, change]))
  changes.forEach((change, index) => demand(change.revision === index + 1, `revision ${index + 1} is missing`))
  demand(revision === changes.length, `the space stands at ${revision}, its history at ${changes.length}`)
  const writeIds = new Set<string>()
  const claimed = new Map<string, Claim[]>()
  let count = 0
  for (const { request, acknowledgement } of entries)
    if (request.kind === 'create' && acknowledgement)
      demand(acknowledgement.status === 201, 'a create with its key was answered as if it were another one')
  const writes = [
    ...entries.map((entry) => ({ kind: entry.request.kind, claims: claimsOf(entry) })),
    ...synced.map((write) => ({ kind: 'write of a copy', claims: claimsOfSynced(write) })),
  ]
  for (const { kind, claims } of writes) {
    for (const claim of claims) {
      const change = byRevision.get(claim.revision)
      demand(change, `LOST: an acknowledged ${kind} took revision ${claim.revision}, which is not in the database`)
      demand(
        change.task_id === claim.taskId,
        `revision ${claim.revision} belongs to another task than was acknowledged`,
      )
      claimed.set(claim.taskId, [...(claimed.get(claim.taskId) ?? []), claim])
      count += 1
    }
    const own = new Set(claims.map((claim) => byRevision.get(claim.revision)?.write_id))
    demand(own.size <= 1, `one ${kind} became ${own.size} writes`)
    for (const id of own) {
      demand(id !== undefined && !writeIds.has(id), `two acknowledged writes are one in the database (${kind})`)
      writeIds.add(id)
    }
  }
  const unclaimed = changes.filter((change) => !writeIds.has(change.write_id))
  demand(
    count === changes.length,
    `DOUBLED: ${changes.length} revisions in the database, ${count} acknowledged; ${unclaimed.map((change) => tellUnclaimed(change, entries)).join('; ')}`,
  )
  compareTasks(claimed, tasks)
  return claimed
}

/** A change that nobody was told of, and what is in the ledger about its task. */
function tellUnclaimed({ revision, task_id }: StoredSpace['changes'][number], entries: readonly Entry[]): string {
  const about = entries.filter(({ request }) => JSON.stringify(request).includes(task_id))
  const told = about.map(({ request, acknowledgement, refusal }) => {
    const outcome = acknowledgement ? `revision ${acknowledgement.revision}` : (refusal?.code ?? 'no answer')
    return `${request.kind}: ${outcome} ${refusal?.detail ?? ''}`
  })
  return `revision ${revision} of task ${task_id} (${told.join(', ')})`
}

function compareTasks(claimed: ReadonlyMap<string, readonly Claim[]>, tasks: StoredSpace['tasks']): void {
  demand(tasks.length === claimed.size, `${tasks.length} tasks in the database, ${claimed.size} acknowledged`)
  for (const row of tasks) {
    const claims = (claimed.get(row.id) ?? []).toSorted((one, other) => one.revision - other.revision)
    const last = claims.at(-1)
    demand(last && last.revision === row.revision, `task ${row.id} stands at ${row.revision}, not as acknowledged`)
    demand(row.version === claims.length, `task ${row.id} has version ${row.version} after ${claims.length} writes`)
    const known = claims.findLast((claim) => claim.task)?.task
    demand(known?.title === row.title, `task ${row.id} has another text than was acknowledged`)
    const isDeleted = last.task ? last.task.deletedAt !== null : true
    demand(isDeleted === (row.is_deleted === 1), `task ${row.id}: in the bin or not, otherwise than acknowledged`)
  }
}

export async function readFeed({ client }: Pick<Person, 'client'>): Promise<Map<string, Task>> {
  const tasks = new Map<string, Task>()
  let cursor: string | undefined
  let last = 0
  do {
    const query = cursor === undefined ? { since: 0, limit: 50 } : { cursor, limit: 50 }
    const { body } = await client.listChanges({ query })
    for (const { task } of body.changes) {
      demand(task.revision > last && !tasks.has(task.id), 'the feed is out of order, or tells a task twice')
      last = task.revision
      tasks.set(task.id, task)
    }
    cursor = body.next ?? undefined
  } while (cursor !== undefined)
  return tasks
}

function compareFeed(feed: ReadonlyMap<string, Task>, { tasks }: StoredSpace): void {
  demand(feed.size === tasks.length, `the feed has ${feed.size} tasks, the database ${tasks.length}`)
  for (const row of tasks) {
    const task = feed.get(row.id)
    const isSame = task?.revision === row.revision && task.title === row.title && task.version === row.version
    demand(isSame, `the feed tells task ${row.id} otherwise than the database`)
  }
}

async function compareHistories(
  { client }: Person,
  claimed: ReadonlyMap<string, readonly Claim[]>,
  random: Random,
): Promise<void> {
  const ids = [...claimed.keys()]
  for (let number = 0; number < Math.min(histories, ids.length); number += 1) {
    const id = random.pick(ids) ?? ''
    const claims = (claimed.get(id) ?? []).toSorted((one, other) => other.revision - one.revision).slice(0, 200)
    const { body } = await client.listTaskHistory({ params: { id }, query: { limit: 200 } })
    const told = body.items.map((item) => item.revision).join()
    demand(
      told === claims.map((claim) => claim.revision).join(),
      `the history of task ${id} is not what was acknowledged`,
    )
    for (const [index, { task }] of claims.entries()) {
      const title = body.items[index]?.after.title
      if (task && title !== undefined) demand(title === task.title, `the history of task ${id} has another text`)
    }
  }
}

const patience = 15_000

async function compareCopy(copy: Person['copies'][number], feed: ReadonlyMap<string, Task>, revision: number) {
  const deadline = performance.now() + patience
  copy.reconnect()
  while (copy.getSnapshot().revision < revision || copy.getSnapshot().status !== 'live') {
    const { status, revision: reached } = copy.getSnapshot()
    demand(performance.now() < deadline, `a copy is ${status} at revision ${reached} of ${revision}`)
    await pause(20)
  }
  const { tasks } = copy.getSnapshot()
  demand(tasks.size === feed.size, `a copy has ${tasks.size} tasks, the server ${feed.size}`)
  for (const [id, task] of feed)
    demand(JSON.stringify(tasks.get(id)) === JSON.stringify(task), `a copy shows task ${id} otherwise than the server`)
}
