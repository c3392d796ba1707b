import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, TaskwellError } from '@taskwell/api'
import BetterSqlite3 from 'better-sqlite3'
import type { Entry } from './ledger.ts'
import { send } from './ledger.ts'
import { pause, settle, startLoad } from './load.ts'
import { mountMemory } from './mounts.ts'
import { demand, type Part, type Settings } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { findFreePort, startServer } from './server.ts'
import { verify } from './verify.ts'
import { createPerson, createWorld, type Person } from './world.ts'

export const fullDisk: Part = {
  name: 'full-disk',
  promise: 'on a full disk reading and deleting work, adding answers 507, and all is well 5 s after there is room',
  run,
}

/** In milliseconds. */
const longestRecovery = 5_000

async function run({ seed, rounds, isShort }: Settings): Promise<string> {
  const count = rounds ?? (isShort ? 1 : 5)
  const random = createRandom(seed)
  const disk = mountMemory(64)
  const place = { kind: 'sqlite', file: join(disk.folder, 'data/taskwell.db') } as const
  const log = openSync(join(disk.folder, 'log'), 'a')
  const environment = { DATA_DIR: join(disk.folder, 'data'), LOG_LEVEL: 'info' }
  const server = await startServer({ port: await findFreePort(), environment, stdout: log })
  const world = await createWorld(server.url, random, { people: 2, copies: 2 })
  const figures = { refused: 0, deleted: 0, slowest: 0 }
  try {
    for (let round = 0; round < count; round += 1) {
      const load = startLoad(world, { clients: 2 })
      await pause(1_000)
      await load.stop()
      const elder = await createElder(server.url, random, place.file)
      await until(() => existsSync(join(disk.folder, 'data/reserve')), 'the reserve was never set aside')
      fill(join(disk.folder, 'filler'))
      for (const person of world.people) figures.refused += await addUntilFull(person, random)
      for (const person of [...world.people, elder]) await readAll(person)
      await demandSignInAnswered(server.url)
      for (const person of world.people) figures.deleted += await deleteSome(person, random)
      for (const person of [...world.people, elder]) await readAll(person)
      demand(server.child.exitCode === null, `the server ended: ${server.output()}`)
      rmSync(join(disk.folder, 'filler'))
      const begun = performance.now()
      while ((await add(world.people[0], random)) !== 'done') {
        demand(performance.now() - begun < longestRecovery, 'still nothing can be added 5 s after there is room')
        await pause(100)
      }
      figures.slowest = Math.max(figures.slowest, performance.now() - begun)
      await settle(world)
      await verify(world, place)
    }
  } finally {
    await world.close()
    await server.kill()
    closeSync(log)
    disk.remove()
  }
  return `${count} times full: ${figures.refused} writes refused with 507, ${figures.deleted} tasks deleted, well again after ${figures.slowest.toFixed(0)} ms at most`
}

/** Somebody whose session is due to be prolonged, which wants a write. */
async function createElder(url: string, random: Random, file: string): Promise<Person> {
  const elder = await createPerson(url, random)
  // An account gets its space with its first request.
  await elder.client.getAccount()
  const database = new BetterSqlite3(file, { timeout: 5_000 })
  const before = new Date(Date.now() - 3 * 86_400_000).toISOString()
  database.prepare('update sessions set updated_at = ? where user_id = ?').run(before, elder.id)
  database.close()
  return elder
}

/** Takes the last byte. */
function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (let size = 1 << 20; size >= 1; size = size > 1 ? Math.floor(size / 4) : 0) writeUntilFull(handle, size)
  } finally {
    closeSync(handle)
  }
}

function writeUntilFull(handle: number, size: number): void {
  const bytes = Buffer.alloc(size, 1)
  try {
    for (;;) writeSync(handle, bytes)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

/** Answers how many writes were refused. Some may find room in pages that are free. */
async function addUntilFull(person: Person, random: Random): Promise<number> {
  let refused = 0
  for (const [letters, limit] of [
    [15_000, 10],
    [0, 20],
  ] as const) {
    for (let number = 0; number < 3_000 && refused < limit; number += 1) {
      if ((await add(person, random, letters)) === 'full') refused += 1
    }
  }
  demand(refused === 20, 'the disk is full, and everything was still written')
  return refused
}

/** @throws when it is refused in any other way than that the storage is full */
async function add(person: Person | undefined, random: Random, letters = 15_000): Promise<'done' | 'full'> {
  if (!person) return 'full'
  const task = { id: random.uuid(), title: `Task ${random.uuid()}`, description: 'x'.repeat(letters) }
  const entry: Entry = { key: random.uuid(), request: { kind: 'create', task } }
  person.entries.push(entry)
  person.taskIds.push(task.id)
  try {
    const { status, body, revision } = await person.client.createTask({ body: task, idempotencyKey: entry.key })
    entry.acknowledgement = { status, body, revision }
    return 'done'
  } catch (error) {
    const code = error instanceof TaskwellError ? error.problem.code : String(error)
    demand(code === 'storage_full', `on a full disk a write was answered ${code}`)
    return 'full'
  }
}

async function readAll({ client, copies }: Person): Promise<void> {
  await Promise.all([
    client.getSession(),
    client.getAccount(),
    client.listTasks({ query: { q: 'task', count: 'exact' } }),
    client.listChanges({ query: { since: 0 } }),
    client.getStats({ query: {} }),
    client.listSessions(),
    client.getReadiness(),
  ])
  await until(() => copies.every((copy) => copy.getSnapshot().status === 'live'), 'a live copy fell off')
}

async function demandSignInAnswered(url: string): Promise<void> {
  const attempt = createClient({ baseUrl: url }).login({
    body: { email: 'nobody@example.org', password: 'wrong horse' },
  })
  const code = await attempt.then(() => 'ok', codeOf)
  demand(code === 'invalid_credentials' || code === 'storage_full', `on a full disk a sign-in was answered ${code}`)
  const newcomer = createClient({ baseUrl: url }).register({
    body: { name: 'Eve', email: 'eve@example.org', password: 'correct horse battery' },
  })
  const answer = await newcomer.then(() => 'storage_full', codeOf)
  demand(['storage_full', 'email_taken'].includes(answer), `on a full disk a registration was answered ${answer}`)
}

function codeOf(error: unknown): string {
  return error instanceof TaskwellError ? error.problem.code : String(error)
}

/** Deleting must work, whatever it takes. */
async function deleteSome(person: Person, random: Random): Promise<number> {
  const { body } = await person.client.listTasks({ query: { limit: 20 } })
  for (const { id } of body.items) {
    const entry: Entry = { key: random.uuid(), request: { kind: 'delete', id } }
    person.entries.push(entry)
    const outcome = await send(person.client, entry)
    demand(outcome === 'done', `on a full disk deleting was ${outcome} (${entry.refusal?.code ?? ''})`)
  }
  return body.items.length
}

async function until(condition: () => boolean, message: string): Promise<void> {
  for (let attempt = 0; !condition(); attempt += 1) {
    demand(attempt < 200, message)
    await pause(50)
  }
}
