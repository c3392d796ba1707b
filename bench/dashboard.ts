import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { addDays, dueInstant } from '../server/src/calendar/index.ts'
import { createDemoAccount } from '../server/src/cli/demo-account.ts'
import { readConfig } from '../server/src/config.ts'
import type { Context } from '../server/src/context.ts'
import { getStats, listActivity } from '../server/src/dashboard/index.ts'
import { migrate } from '../server/src/database/migrate.ts'
import { migrations } from '../server/src/database/migrations/index.ts'
import { type Database, openDatabase } from '../server/src/database/open.ts'
import { recountFigures } from '../server/src/figures/index.ts'
import { startServer } from '../server/src/start.ts'
import { createTask, updateTask } from '../server/src/tasks/index.ts'

/** Measures the dashboard of somebody with much behind them; ends with 1 if one of these is exceeded. */
const longest = { profile: 15, otherZone: 60, unchanged: 1, blocked: 20 }

const { values: options } = parseArgs({
  options: {
    /** An empty database on a PostgreSQL server, instead of a temporary SQLite file. */
    postgres: { type: 'string' },
    tasks: { type: 'string', default: '100000' },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const password = 'correct horse battery'
const config = readConfig({
  DATA_DIR: join(folder, 'data'),
  AUTH_SECRET: randomBytes(32).toString('hex'),
  PORT: '0',
  LOG_LEVEL: 'silent',
  LIMITS: 'off',
  ...(options.postgres !== undefined && { DATABASE_URL: options.postgres }),
})
const db = openDatabase(config.database)
const day = 86_400_000
try {
  await migrate(db, migrations.slice(0, 1))
  const count = Number(options.tasks)
  const usual = await fill(`${count} tasks over three years, 70 % completed`, count, (number) => ({
    created: Math.floor((number * 1_095 * day) / count),
    isCompleted: number % 10 < 7,
  }))
  const busy = await fill(`${count} tasks completed within a month`, count, (number) => ({
    created: 1_065 * day + Math.floor((number * 28 * day) / count),
    isCompleted: true,
  }))
  const late = await fill(`${count} tasks open and overdue`, count, (number) => ({
    created: Math.floor((number * 1_000 * day) / count),
    isCompleted: false,
  }))
  const begun = performance.now()
  await migrate(db)
  console.log(`figures made for ${count * 3} tasks in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  for (const { ctx } of [usual, busy, late]) {
    const wrong = await recountFigures(db, ctx.caller.spaceId)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }
  if (config.database.kind === 'postgres') await sql`vacuum analyze`.execute(db)
  const found = [await measure(usual, true), await measure(busy, false), await measure(late, false)]
  await db.destroy()
  found.push(await measureUnchanged(usual))
  await measureWrites(usual)
  process.exitCode = found.every(Boolean) ? 0 : 1
} finally {
  await db.destroy()
  rmSync(folder, { recursive: true, force: true })
}

interface Account {
  readonly name: string
  readonly email: string
  readonly ctx: Context
}

/** Three rows of history for each task, in a store as it was before there were figures. */
async function fill(
  name: string,
  count: number,
  shape: (number: number) => { created: number; isCompleted: boolean },
): Promise<Account> {
  const begun = performance.now()
  const email = `bench-${randomBytes(4).toString('hex')}@example.com`
  const ctx = await createDemoAccount(db, config, { email, password })
  const start = ctx.now.getTime() - 1_095 * day
  const { spaceId } = ctx.caller
  const atOnce = 500
  for (let first = 0; first < count; first += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index)
    const rows = numbers.map((number) => {
      const { created, isCompleted } = shape(number)
      return rowsOf(spaceId, number, start + created, isCompleted)
    })
    await db.transaction().execute(async (db) => {
      await db
        .insertInto('tasks')
        .values(rows.map(({ task }) => task))
        .execute()
      await db
        .insertInto('changes')
        .values(rows.flatMap(({ changes }) => changes))
        .execute()
    })
  }
  await db
    .updateTable('spaces')
    .set({ revision: count * 3 })
    .where('id', '=', spaceId)
    .execute()
  console.log(`${name}: made in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  return { name, email, ctx: { ...ctx, now: new Date() } }
}

/** A task that was created, given a due date, and completed or changed again, each at another time. */
function rowsOf(spaceId: string, number: number, created: number, isCompleted: boolean) {
  const at = (later: number) => new Date(created + later).toISOString()
  const [due, done] = [at(60_000), at((number % 97) * 1_800_000)]
  const dueDate = addDays(at(0).slice(0, 10), isCompleted ? number % 4 : number % 60)
  const dueTime = number % 3 === 0 ? `${10 + (number % 10)}:30` : null
  const dueTimeZone = dueTime !== null && number % 2 === 0 ? 'Asia/Tokyo' : null
  const [id, title] = [randomUUID(), `Task ${number}`]
  const task = {
    space_id: spaceId,
    id,
    title,
    description: null,
    priority: (number % 3) + 1,
    due_date: dueDate,
    due_time: dueTime,
    due_time_zone: dueTimeZone,
    due_at: dueTime && dueTimeZone ? dueInstant(dueDate, dueTime, dueTimeZone) : null,
    version: 3,
    revision: number * 3 + 3,
    created_at: at(0),
    updated_at: done,
    completed_at: isCompleted ? done : null,
    deleted_at: null,
    erased_at: null,
    title_key: title.toLowerCase(),
    search_text: title.toLowerCase(),
  }
  const change = (place: number, kind: string, when: string, after: object) => ({
    space_id: spaceId,
    revision: number * 3 + place,
    write_id: randomUUID(),
    task_id: id,
    kind,
    at: when,
    by_kind: 'session',
    by_name: null,
    before: place === 1 ? null : '{}',
    after: JSON.stringify(after),
    undoes: null,
  })
  const changes = [
    change(1, 'task.created', at(0), { title }),
    change(2, 'task.updated', due, { dueDate }),
    change(3, isCompleted ? 'task.completed' : 'task.updated', done, { completed: isCompleted }),
  ]
  return { task, changes }
}

/** Never asked twice for the same: nothing could have been kept from before but what the program knows of the zone. */
async function measure({ name, ctx }: Account, isJudged: boolean): Promise<boolean> {
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns']
  // What a running server has warm: its own code.
  for (let run = 0; run < 10; run++) await getStats(ctx, { query: { days: 1 + run } })
  const rows: Record<string, string>[] = []
  let [profile, otherZone, blocked] = [0, 0, 0]
  for (const days of [30, 366]) {
    const own = await timed(() => getStats(ctx, { query: { days } }), 15)
    const others = []
    for (const timeZone of zones) others.push(await timed(() => getStats(ctx, { query: { days, timeZone } }), 1))
    const slowest = Math.max(...others.map(({ median }) => median))
    blocked = Math.max(blocked, own.blocked, ...others.map((other) => other.blocked))
    if (days === 30) profile = own.median
    if (days === 30) otherZone = slowest
    rows.push({
      days: String(days),
      "the profile's zone, median ms": own.median.toFixed(1),
      'another zone at first, slowest ms': slowest.toFixed(1),
      'event loop blocked, longest ms': Math.max(own.blocked, ...others.map((other) => other.blocked)).toFixed(1),
    })
  }
  const activity = await timed(() => listActivity(ctx, { query: { limit: 200 } }), 15)
  console.log(`\n${name}`)
  console.table(rows)
  console.log(`activity, a page of 200: ${activity.median.toFixed(1)} ms`)
  if (blocked > longest.blocked) return false
  return !isJudged || (profile <= longest.profile && otherZone <= longest.otherZone)
}

/** Milliseconds of the work, and the longest time for which nothing else got its turn meanwhile. */
async function timed(work: () => Promise<unknown>, runs: number): Promise<{ median: number; blocked: number }> {
  const times: number[] = []
  let blocked = 0
  let isWatching = true
  const watching = (async () => {
    for (let last = performance.now(); isWatching; last = performance.now()) {
      await setImmediate()
      blocked = Math.max(blocked, performance.now() - last)
    }
  })()
  for (let run = 0; run < runs; run++) {
    const begun = performance.now()
    await work()
    times.push(performance.now() - begun)
    await setImmediate()
  }
  isWatching = false
  await watching
  return { median: times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN, blocked }
}

/** Whole requests to a server, less what a request costs by itself. */
async function measureUnchanged({ email }: Account): Promise<boolean> {
  const server = await startServer(config)
  try {
    const login = await fetch(`${server.baseUrl}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    const authorization = `Bearer ${login.headers.get('set-auth-token')}`
    const get = (path: string, etag = '') =>
      fetch(server.baseUrl + path, { headers: { authorization, 'if-none-match': etag } }).then(async (reply) => {
        await reply.arrayBuffer()
        return reply
      })
    const path = '/api/dashboard/stats'
    const etag = (await get(path)).headers.get('etag') ?? ''
    for (let run = 0; run < 200; run++) await get('/health')
    const baseline = await timed(() => get('/health'), 101)
    const unchanged = await timed(async () => {
      const { status } = await get(path, etag)
      if (status !== 304 && status !== 200) throw new Error(`It answered ${status}`)
    }, 101)
    const milliseconds = unchanged.median - baseline.median
    console.log(`\nunchanged (304): ${milliseconds.toFixed(2)} ms above the ${baseline.median.toFixed(2)} of /health`)
    return milliseconds <= longest.unchanged
  } finally {
    await server.stop()
  }
}

/** The same writes, in turns, with what keeps the figures and with its statements taken out. */
async function measureWrites({ ctx }: Account): Promise<void> {
  const store = openDatabase(config.database)
  try {
    const times = { with: [] as number[], without: [] as number[] }
    const plain: Database = withoutFigures(store)
    for (let run = 0; run < 600; run++) {
      for (const [name, db] of run % 2 === 0 ? pairs(store, plain) : pairs(store, plain).toReversed()) {
        const begun = performance.now()
        const { body } = await createTask({ ...ctx, db }, { body: { title: `Run ${run}`, dueDate: '2026-12-01' } })
        await updateTask({ ...ctx, db }, { params: { id: body.id }, body: { completed: true } })
        if (run >= 100) times[name].push(performance.now() - begun)
      }
    }
    const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
    const [kept, bare] = [middle(times.with), middle(times.without)]
    const ratio = (kept / bare).toFixed(2)
    console.log(
      `creating and completing a task: ${kept.toFixed(2)} ms, without figures ${bare.toFixed(2)} ms: ${ratio} times`,
    )
  } finally {
    await store.destroy()
  }
}

function pairs(store: Database, plain: Database): (readonly ['with' | 'without', Database])[] {
  return [
    ['with', store],
    ['without', plain],
  ]
}

/** The same store, with nothing sent of what writes figures. */
function withoutFigures<T extends Database>(store: T): T {
  const ignored: unknown = new Proxy(() => ignored, {
    get: (_, name) => (name === 'execute' ? async () => [] : () => ignored),
  })
  return new Proxy(store, {
    get(store, name) {
      const member: unknown = Reflect.get(store, name, store)
      if (typeof member !== 'function') return member
      return (...input: unknown[]) => {
        if ((name === 'insertInto' || name === 'updateTable') && /^task_(facts|counts)$/.test(String(input[0]))) {
          return ignored
        }
        if (name === 'transaction') {
          const execute = (work: (db: Database) => Promise<unknown>) =>
            store.transaction().execute((db) => work(withoutFigures(db)))
          return { execute }
        }
        return member.apply(store, input)
      }
    },
  })
}
