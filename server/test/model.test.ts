import { randomBytes, randomInt } from 'node:crypto'
import { createClient, type Task } from '@taskwell/api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { anyCommand, type Made, type World } from './model/commands.ts'
import { type Account, createDevice, type Device, settle } from './model/device.ts'
import { type KeptWrite, replay } from './model/replay.ts'
import { type RestartableApp, startRestartableApp } from './model/restartable-app.ts'
import { password } from './start-app.ts'

/** `MODEL_SEED` repeats a run, as far as the network lets it; `MODEL_COMMANDS` is how much happens. */
const seed = Number(process.env['MODEL_SEED'] ?? randomInt(2 ** 31))
const commands = Number(process.env['MODEL_COMMANDS'] ?? 300)
/** Whose the eight devices are. */
const owners = [0, 0, 0, 1, 1, 1, 2, 2]

describe.each(databases)('eight devices of three users on bad lines, on %s', (database) => {
  test(
    `come to the same tasks as the server, with every write done once (MODEL_SEED=${seed})`,
    {
      timeout: 60_000 + commands * 200,
    },
    async () => {
      const app = await startRestartableApp(database)
      try {
        const sequence = fc.array(anyCommand(owners.length), { minLength: commands, maxLength: commands })
        await fc.assert(
          fc.asyncProperty(sequence, (steps) => runAll(app, steps)),
          { seed, numRuns: 1, endOnFailure: true },
        )
      } finally {
        await app.stop()
      }
    },
  )
})

async function runAll(app: RestartableApp, steps: Iterable<fc.AsyncCommand<object, World>>): Promise<void> {
  const users = [await register(app), await register(app), await register(app)]
  const devices: Device[] = []
  for (const owner of owners) devices.push(await createDevice(at(users, owner), app.port))
  const world: World = { devices, made: new Map(), restartServer: app.restart }
  try {
    await fc.asyncModelRun(() => ({ model: {}, real: world }), steps)
    for (const user of users) await expectAgreement(app, user, world)
  } finally {
    for (const device of devices) await device.close()
  }
}

async function register({ baseUrl }: RestartableApp): Promise<Account> {
  const email = `${randomBytes(6).toString('hex')}@example.com`
  const { body, headers } = await createClient({ baseUrl }).register({ body: { name: 'Ada', email, password } })
  return { id: body.user.id, token: headers.get('set-auth-token') ?? '' }
}

async function expectAgreement(app: RestartableApp, user: Account, { devices, made }: World): Promise<void> {
  const own = devices.filter((device) => device.user === user)
  // Twice: what one of them sends at last, the others have still to hear.
  for (const device of own) await settle(device, 0)
  const server = await readAll(app, user)
  for (const device of own) await settle(device, server.revision)

  for (const { sync, complaints } of own) {
    expect(complaints).toEqual([])
    expect(Object.fromEntries(sync.getSnapshot().tasks)).toEqual(Object.fromEntries(server.tasks))
    expect(sync.getSnapshot().revision).toBe(server.revision)
  }
  const writes = [...made.values()].filter(({ device }) => device.user === user)
  await expectEachOnce(app, user, { server, writes })
}

interface Server {
  readonly revision: number
  readonly tasks: ReadonlyMap<string, Task>
}

async function readAll({ baseUrl }: RestartableApp, { token }: Account): Promise<Server> {
  const client = createClient({ baseUrl, token: () => token })
  const tasks = new Map<string, Task>()
  let { body: page } = await client.listChanges({ query: { since: 0, limit: 100 } })
  let last = 0
  for (;;) {
    for (const { task } of page.changes) {
      expect(task.revision).toBeGreaterThan(last)
      last = task.revision
      if (task.title !== '') tasks.set(task.id, task)
    }
    if (page.next === null) return { revision: page.revision, tasks }
    page = (await client.listChanges({ query: { cursor: page.next } })).body
  }
}

/** The replies that the store keeps say which writes happened: done once each, they make the tasks and their history. */
async function expectEachOnce(
  { db }: RestartableApp,
  user: Account,
  { server, writes }: { server: Server; writes: readonly Made[] },
): Promise<void> {
  const rows = await db
    .selectFrom('idempotency_keys')
    .select(['key', 'headers'])
    .where('user_id', '=', user.id)
    .execute()
  const revisions = new Map(rows.map(({ key, headers }) => [key, Number(JSON.parse(headers)['taskwell-revision'])]))
  const kept = writes.flatMap(({ write: { id }, device, operations, undoes }): KeptWrite[] => {
    const revision = revisions.get(id)
    return revision === undefined ? [] : [{ id, revision, operations: device.findBatch(id) ?? operations, undoes }]
  })
  expect(kept).toHaveLength(rows.length)
  const model = replay(kept)
  expect(model.revision).toBe(server.revision)
  expect(new Map([...server.tasks].map(([id, task]) => [id, plain(task)]))).toEqual(
    new Map([...model.tasks].map(([id, task]) => [id, plain(task)])),
  )
  const { changes } = await db
    .selectFrom('changes')
    .innerJoin('spaces', 'spaces.id', 'changes.space_id')
    .select((eb) => eb.fn.countAll<number>().as('changes'))
    .where('spaces.owner_id', '=', user.id)
    .executeTakeFirstOrThrow()
  expect(Number(changes)).toBe([...model.history.values()].flat().length)
  const taken = [...model.history].map(([id, rows]) => [id, rows.map(({ after }) => after?.revision)] as const)
  await expectAnswers(writes, revisions, new Map(taken))
}

/** What the devices say of their writes is what happened. */
async function expectAnswers(
  writes: readonly Made[],
  revisions: ReadonlyMap<string, number>,
  taken: ReadonlyMap<string, readonly (number | undefined)[]>,
): Promise<void> {
  for (const device of new Set(writes.map((made) => made.device))) {
    let last = 0
    for (const { id, settled } of device.writes) {
      const outcome = await settled
      const revision = revisions.get(id)
      // What was done, and sent again after its task was erased, is not found.
      if (outcome.status === 'refused' && outcome.problem.code !== 'not_found')
        expect([id, revision]).toEqual([id, undefined])
      if (outcome.status === 'refused' || outcome.revision === null) continue
      // Of an undo of several tasks that was sent again, any of its revisions is told.
      if (taken.get(id)?.includes(outcome.revision) !== true) expect([id, outcome.revision]).toEqual([id, revision])
      expect(outcome.revision).toBeGreaterThan(last)
      last = outcome.revision
    }
  }
}

function plain(task: { [Field in keyof Task]?: unknown }) {
  const { title, description, priority, dueDate, version, revision, completedAt, deletedAt } = task
  const [isCompleted, isDeleted] = [completedAt !== null, deletedAt !== null]
  return { title, description, priority, dueDate, version, revision, isCompleted, isDeleted }
}

function at<T>(values: readonly T[], place: number): T {
  const value = values[place]
  if (value === undefined) throw new Error(`There is none at ${place}`)
  return value
}
