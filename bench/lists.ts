import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient, priorities } from '@taskwell/api'
import { sql } from 'kysely'
import { addDays, dayIn } from '../server/src/calendar/index.ts'
import { createDemoAccount } from '../server/src/cli/demo-account.ts'
import { readConfig } from '../server/src/config.ts'
import { type Context, transact } from '../server/src/context.ts'
import { migrate } from '../server/src/database/migrate.ts'
import { type Database, openDatabase } from '../server/src/database/open.ts'
import { createTask } from '../server/src/tasks/index.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** Measures lists of tasks at a real server, one request after another; ends with 1 if a median is above this. */
const longestMedian = 25
const runs = 50

const { values: options } = parseArgs({
  options: {
    /** An empty database on a PostgreSQL server, instead of a temporary SQLite file. */
    postgres: { type: 'string' },
    tasks: { type: 'string', default: '10000' },
    /** Rows of somebody else, which must not matter. */
    others: { type: 'string', default: '50000' },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const settings = {
  DATA_DIR: join(folder, 'data'),
  AUTH_SECRET: randomBytes(32).toString('hex'),
  PORT: '0',
  LOG_LEVEL: 'warn',
  LIMITS: 'off',
  ...(options.postgres !== undefined && { DATABASE_URL: options.postgres }),
}
const password = 'correct horse battery'
let server: ServerProcess | undefined
try {
  const email = await fill(Number(options.tasks), Number(options.others))
  server = await startServer()
  const isFast = await measureAll(server, email)
  process.exitCode = isFast ? 0 : 1
} finally {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Answers the email of the user with the tasks to be measured. */
async function fill(tasks: number, others: number): Promise<string> {
  const begun = performance.now()
  const config = readConfig(settings)
  const db = openDatabase(config.database)
  try {
    await migrate(db)
    const email = await fillAccount(db, tasks)
    await fillAccount(db, others)
    // What autovacuum does within a minute.
    if (config.database.kind === 'postgres') await sql`vacuum analyze`.execute(db)
    const seconds = (performance.now() - begun) / 1000
    console.log(
      `${config.database.kind}: ${tasks} tasks beside ${others} of another user, made in ${seconds.toFixed(0)} s`,
    )
    return email
  } finally {
    await db.destroy()
  }
}

async function fillAccount(db: Database, count: number): Promise<string> {
  const email = `bench-${randomBytes(4).toString('hex')}@example.com`
  const ctx = await createDemoAccount(db, readConfig(settings), { email, password })
  const inOneTransaction = 500
  for (let first = 0; first < count; first += inOneTransaction) {
    await transact(ctx, async (ctx) => {
      for (let number = first; number < Math.min(first + inOneTransaction, count); number += 1) {
        await createTask(at(ctx, number), { body: benchTask(ctx.now, number) })
      }
    })
  }
  return email
}

/** Tasks come in over time, so that their times differ. */
function at(ctx: Context, number: number): Context {
  return { ...ctx, now: new Date(ctx.now.getTime() - 90 * 86_400_000 + number * 1000) }
}

function benchTask(now: Date, number: number) {
  const verbs = ['Call', 'Write to', 'Visit', 'Pay', 'Repair', 'Plan', 'Order', 'Read', 'Clean', 'Send']
  const things = ['the plumber', 'Grandma', 'the rent', 'the bicycle', 'the summer party', 'the report', 'the balcony']
  const rare = number % 2500 === 7 ? ' for the xylophone' : ''
  const chinese = number % 10 === 3 ? ' 买牛奶和面包' : ''
  const hasDay = number % 4 !== 0
  const hasTime = hasDay && number % 3 === 0
  return {
    title: `${verbs[number % 10]} ${things[(number * 3) % 7]}${rare}${chinese} (${number})`,
    ...(number % 2 === 0 && {
      description: `Before noon, with the invoice of last week. Number ${number}. `.repeat(3),
    }),
    completed: (number * 7) % 10 < 4,
    priority: priorities[(number * 5) % 3] ?? 'medium',
    ...(hasDay && { dueDate: addDays(dayIn('UTC', now), ((number * 13) % 121) - 40) }),
    ...(hasTime && { dueTime: `${String(8 + (number % 10)).padStart(2, '0')}:30` }),
    ...(hasTime && number % 5 === 0 && { dueTimeZone: 'Asia/Tokyo' }),
  }
}

/** Starts on the database that is there, and tells how long that takes and what it costs. */
async function startServer(): Promise<ServerProcess> {
  const server = await startServerProcess(settings)
  console.log(`start to first reply: ${server.startMs.toFixed(0)} ms`)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  console.log(`resident memory when idle: ${server.megabytes().toFixed(0)} MB`)
  return server
}

async function measureAll(server: ServerProcess, email: string): Promise<boolean> {
  const client = createClient({ baseUrl: server.url })
  const { headers } = await client.login({ body: { email, password } })
  const token = headers.get('set-auth-token') ?? ''
  const list = (query: string) => server.get<Reply>(`/api/tasks?${query}`, token)
  const deepest = await deepCursor(list)

  for (let run = 0; run < 200; run += 1) await server.get('/health')
  const baseline = middle(await repeat(() => server.get('/health')))
  console.log(`baseline, /health: ${baseline.toFixed(2)} ms, taken off below\n`)
  const rows: Record<string, string>[] = []
  let slowest = 0
  for (const [name, query] of [...cases(), ['20th page of 100, by cursor', `sort=title&cursor=${deepest}`] as const]) {
    const first = await list(`${query}&limit=20`)
    const times = await repeat((run) => list(variant(query, run)))
    const median = middle(times) - baseline
    const p95 = (times[Math.floor(times.length * 0.95)] ?? 0) - baseline
    slowest = Math.max(slowest, median)
    rows.push({
      list: name,
      rows: String(first.items.length),
      'median ms': median.toFixed(1),
      'p95 ms': p95.toFixed(1),
    })
  }
  console.table(rows)
  console.log(`resident memory afterwards: ${server.megabytes().toFixed(0)} MB`)
  console.log(`slowest median: ${slowest.toFixed(1)} ms; at most ${longestMedian} ms are allowed`)
  return slowest <= longestMedian
}

function cases(): (readonly [name: string, query: string])[] {
  const sorts = ['createdAt', 'updatedAt', 'dueDate', 'priority', 'title', 'completedAt']
  const dues = ['overdue', 'today', 'week', 'upcoming', 'none', 'any']
  const queries = [
    ...sorts.flatMap((sort) => [`sort=${sort}`, `sort=-${sort}`]),
    ...dues.flatMap((due) => [`due=${due}`, `due=${due}&sort=dueDate`]),
    'completed=true',
    'completed=false',
    'priority=high',
    'priority=high&priority=low',
    'completed=false&sort=dueDate',
    'completed=false&priority=high&sort=dueDate',
    'completed=true&sort=-completedAt',
    'due=overdue&priority=high&sort=title',
    'due=week&priority=medium&completed=false&sort=priority',
    `dueFrom=${addDays(dayIn('UTC', new Date()), 3)}&dueTo=${addDays(dayIn('UTC', new Date()), 9)}`,
    'deleted=true&sort=-deletedAt',
    'q=xylophone',
    'q=the',
    'q=invoice&sort=title',
    'q=grandma%20invoice',
    'q=zzzznothing',
    'q=z',
    'q=e',
    'q=pl',
    'q=qx',
    ...['牛奶', '牛', '牛奶和', '买牛奶和面包'].map((word) => `q=${encodeURIComponent(word)}`),
    'q=plumber&due=overdue&sort=dueDate',
    'q=e&completed=false&priority=high&sort=-title',
    'count=exact',
    'count=exact&completed=false',
    'count=exact&due=overdue',
    'count=exact&q=the',
    'count=exact&q=e',
    'count=exact&q=grandma%20invoice&due=any&sort=dueDate',
  ]
  return queries.map((query) => [decodeURIComponent(query), query])
}

/** The cursor is bound to its query, zone included, so only the limit may differ there. */
function variant(query: string, run: number): string {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney', 'Asia/Kolkata']
  const zone = query.includes('cursor=') ? '' : `&timeZone=${zones[run % zones.length]}`
  return `${query}${zone}&limit=${30 + run}`
}

async function deepCursor(list: (query: string) => Promise<Reply>): Promise<string> {
  let cursor = ''
  for (let page = 1; page < 20; page += 1) {
    const { nextCursor } = await list(`sort=title&limit=100${cursor && `&cursor=${cursor}`}`)
    if (nextCursor === null) break
    cursor = nextCursor
  }
  return cursor
}

/** Milliseconds of each run, sorted. The first few warm up what every server has warm. */
async function repeat(work: (run: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let run = -3; run < runs; run += 1) {
    const begun = performance.now()
    await work(run + 3)
    if (run >= 0) times.push(performance.now() - begun)
  }
  return times.toSorted((a, b) => a - b)
}

function middle(sorted: number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

interface Reply {
  items: unknown[]
  nextCursor: string | null
}
