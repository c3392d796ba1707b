import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { addDays } from '../server/src/calendar/index.ts'
import { createDemoAccount } from '../server/src/cli/demo-account.ts'
import { readConfig } from '../server/src/config.ts'
import type { Context } from '../server/src/context.ts'
import { getStats, listActivity } from '../server/src/dashboard/index.ts'
import { migrate } from '../server/src/database/migrate.ts'
import { openDatabase } from '../server/src/database/open.ts'
import { recountFigures } from '../server/src/figures/index.ts'
import { startServer } from '../server/src/start.ts'
import { fillSpace, type StoredTask, withoutIndexes } from './fill-space.ts'

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
  await migrate(db)
  const count = Number(options.tasks)
  const [usual, busy, late] = [await createAccount(), await createAccount(), await createAccount()]
  const fill = async ({ ctx }: Account, shape: Shape) => {
    const start = ctx.now.getTime() - 1_095 * day
    await fillSpace(db, ctx.caller.spaceId, { count, taskOf: (number) => taskOf(number, start, shape(number)) })
  }
  const begun = performance.now()
  await withoutIndexes(db, async () => {
    await fill(usual, (number) => ({
      created: Math.floor((number * 1_095 * day) / count),
      isCompleted: number % 10 < 7,
    }))
    await fill(busy, (number) => ({
      created: 1_065 * day + Math.floor((number * 28 * day) / count),
      isCompleted: true,
    }))
    await fill(late, (number) => ({ created: Math.floor((number * 1_000 * day) / count), isCompleted: false }))
  })
  console.log(`${count * 3} tasks made in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  for (const { ctx } of [usual, busy, late]) {
    const wrong = await recountFigures(db, ctx.caller.spaceId)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }
  const found = [
    await measure(`${count} tasks over three years, 70 % completed`, usual, true),
    await measure(`${count} tasks completed within a month`, busy, false),
    await measure(`${count} tasks open and overdue`, late, false),
  ]
  await db.destroy()
  found.push(await measureUnchanged(usual))
  process.exitCode = found.every(Boolean) ? 0 : 1
} finally {
  await db.destroy()
  rmSync(folder, { recursive: true, force: true })
}

interface Account {
  readonly email: string
  readonly ctx: Context
}

async function createAccount(): Promise<Account> {
  const email = `bench-${randomBytes(4).toString('hex')}@example.com`
  return { email, ctx: await createDemoAccount(db, config, { email, password }) }
}

type Shape = (number: number) => { created: number; isCompleted: boolean }

function taskOf(number: number, start: number, { created, isCompleted }: ReturnType<Shape>): StoredTask {
  const at = start + created
  const dueTime = number % 3 === 0 ? `${10 + (number % 10)}:30` : null
  return {
    title: `Task ${number}`,
    priority: (number % 3) + 1,
    created: at,
    changed: at + (number % 97) * 1_800_000,
    isCompleted,
    dueDate: addDays(new Date(at).toISOString().slice(0, 10), isCompleted ? number % 4 : number % 60),
    dueTime,
    dueTimeZone: dueTime !== null && number % 2 === 0 ? 'Asia/Tokyo' : null,
  }
}

/** Never asked twice for the same: nothing could have been kept from before but what the program knows of the zone. */
async function measure(name: string, { ctx }: Account, isJudged: boolean): Promise<boolean> {
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
