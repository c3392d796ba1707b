import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '@taskwell/api'
import { addDays, dayIn } from '../server/src/calendar/index.ts'
import { createDemoAccount } from '../server/src/cli/demo-account.ts'
import { readConfig } from '../server/src/config.ts'
import { migrate } from '../server/src/database/migrate.ts'
import { openDatabase } from '../server/src/database/open.ts'
import { copySpace, fillSpace, type StoredTask, withoutIndexes } from './fill-space.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/**
 * What one request costs a user with 1,000 tasks who is alone, and one with 100,000 tasks among a million: two servers,
 * asked in turns, so that the ratio holds on a busy machine. Ends with 1 when one of these is exceeded.
 */
const mostRatio = 1.5
const longestSearch = { p50: 5, p99: 20, shortWord: 60 }

const { values: options } = parseArgs({
  options: {
    /** Two empty databases on a PostgreSQL server, instead of temporary SQLite files. */
    postgres: { type: 'string', multiple: true },
    tasks: { type: 'string', default: '1000000' },
    own: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '100' },
    /** Keeps the stores in this folder, or uses those that are there. */
    folder: { type: 'string' },
  },
})
const runs = Number(options.runs)
const day = 86_400_000

const [verbs, things] = [
  ['Call', 'Write to', 'Visit', 'Pay', 'Repair', 'Plan', 'Order', 'Read', 'Clean', 'Send'],
  ['the plumber', 'Grandma', 'the rent', 'the bicycle', 'the summer party', 'the report', 'the balcony'],
]

const zones = Intl.supportedValuesOf('timeZone')
const someZones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney']

const today = dayIn('UTC', new Date())

const asked = [
  '/api/tasks?',
  '/api/tasks?sort=title&',
  '/api/tasks?completed=false&sort=dueDate&',
  '/api/tasks?due=overdue&sort=dueDate&',
  '/api/tasks?due=overdue&',
  '/api/tasks?due=today&',
  '/api/tasks?due=week&sort=dueDate&',
  '/api/tasks?due=upcoming&sort=dueDate&',
  '/api/tasks?due=none&',
  `/api/tasks?dueFrom=${addDays(today, 3)}&dueTo=${addDays(today, 9)}&`,
  '/api/dashboard/stats?',
]

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const password = 'correct horse battery'
const servers: ServerProcess[] = []
try {
  const own = Number(options.own)
  const small = await start('small', 1_000, 0)
  const large = await start('large', own, Math.max(0, Math.ceil(Number(options.tasks) / own) - 1))
  const growth = await compare(small, large)
  const search = await measureSearch(large)
  process.exitCode = growth && search ? 0 : 1
} finally {
  for (const server of servers) await server.stop()
  if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
}

interface Subject {
  get<T>(path: string): Promise<T>
}

/** A server with a user with so many tasks, beside others with as many. */
async function start(name: string, own: number, others: number): Promise<Subject> {
  const settings = {
    DATA_DIR: join(folder, name),
    AUTH_SECRET: 'only for the measurements of this program',
    PORT: '0',
    LOG_LEVEL: 'warn',
    LIMITS: 'off',
    ...(options.postgres && { DATABASE_URL: options.postgres[name === 'small' ? 0 : 1] ?? '' }),
  }
  const email = `bench-${name}@example.com`
  await fill(settings, { email, own, others })
  const server = await startServerProcess(settings)
  servers.push(server)
  const { headers } = await createClient({ baseUrl: server.url }).login({ body: { email, password } })
  const token = headers.get('set-auth-token') ?? ''
  const count = await server.get<{ total: number }>('/api/tasks?count=exact&limit=1', token)
  console.log(`${name}: ${count.total} tasks of the user, ${own * (others + 1)} in all`)
  return { get: (path) => server.get(path, token) }
}

async function fill(
  settings: Record<string, string>,
  { email, own, others }: { email: string; own: number; others: number },
): Promise<void> {
  const config = readConfig(settings)
  const db = openDatabase(config.database)
  try {
    await migrate(db)
    const known = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
    if (known) return
    const begun = performance.now()
    const { caller, now } = await createDemoAccount(db, config, { email, password })
    const copies: string[] = []
    for (let number = 0; number < others; number++) {
      const other = `other-${number}-${randomBytes(4).toString('hex')}@example.com`
      copies.push((await createDemoAccount(db, config, { email: other, password })).caller.spaceId)
    }
    await withoutIndexes(db, async () => {
      const start = now.getTime() - 1_095 * day
      await fillSpace(db, caller.spaceId, {
        count: own,
        taskOf: (number) => taskOf(number, start + (number * 1_095 * day) / own),
      })
      for (const copy of copies) await copySpace(db, caller.spaceId, copy)
    })
    console.log(`filled in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  } finally {
    await db.destroy()
  }
}

/** As many open and due a day, whatever the number of tasks: they are done as they come in, all but some. */
function taskOf(number: number, at: number): StoredTask {
  const created = Math.floor(at)
  const hasDay = number % 4 !== 0
  const hasTime = hasDay && number % 3 === 0
  const isCompleted = number % 10 < 7
  const date = new Date(created).toISOString().slice(0, 10)
  return {
    title: `${verbs[number % 10]} ${things[(number * 3) % 7]}${number % 2_500 === 7 ? ' for the xylophone' : ''} (${number})`,
    ...(number % 2 === 0 && { description: `Before noon, with the invoice of last week. Number ${number}.` }),
    priority: (number % 3) + 1,
    created,
    changed: created + (number % 97) * 1_800_000,
    isCompleted,
    dueDate: hasDay ? addDays(date, isCompleted ? number % 4 : number % 60) : null,
    dueTime: hasTime ? `${10 + (number % 10)}:30` : null,
    dueTimeZone: hasTime && number % 2 === 0 ? 'Asia/Tokyo' : null,
  }
}

/**
 * No two requests are the same, so that none is answered from memory. Of the days of a week no more is asked for than
 * both users have, for what a longer reply costs is no growth.
 */
function variant(path: string, run: number): string {
  if (/due(From|=today|=week|=upcoming)/.test(path)) return `${path}limit=5&timeZone=${zones[run % zones.length]}`
  const number = path.includes('/stats') ? `days=${20 + run}` : `limit=${20 + (run % 150)}`
  return `${path}${number}&timeZone=${someZones[run % someZones.length]}`
}

async function compare(small: Subject, large: Subject): Promise<boolean> {
  const rows: Record<string, string>[] = []
  let most = 0
  for (const path of asked) {
    const times: [number[], number[]] = [[], []]
    for (let run = -10; run < runs; run++) {
      for (const [index, subject] of [small, large].entries()) {
        const time = await timed(() => subject.get(variant(path, run + 10)))
        if (run >= 0) times[index]?.push(time)
      }
    }
    const [one, other] = [quantile(times[0], 0.5), quantile(times[1], 0.5)]
    most = Math.max(most, other / one)
    rows.push({
      request: path,
      'alone, ms': one.toFixed(2),
      'among many, ms': other.toFixed(2),
      ratio: (other / one).toFixed(2),
    })
  }
  console.table(rows)
  console.log(`highest ratio: ${most.toFixed(2)}; at most ${mostRatio} is allowed`)
  return most <= mostRatio
}

async function measureSearch(large: Subject): Promise<boolean> {
  const rows: Record<string, string>[] = []
  let isFast = true
  for (const words of [
    'xylophone the',
    'the grandma',
    'grandma xylophone invoice',
    'nothing the',
    'z',
    'e',
    'qx',
    'pl',
    'xy th',
  ]) {
    const times: number[] = []
    for (let run = -5; run < runs; run++) {
      const path = variant(`/api/tasks?q=${encodeURIComponent(words)}&`, run + 5)
      const time = await timed(() => large.get(path))
      if (run >= 0) times.push(time)
    }
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
    const isShort = words.split(' ').every((word) => word.length < 3)
    isFast &&= isShort ? p50 <= longestSearch.shortWord : p50 <= longestSearch.p50 && p99 <= longestSearch.p99
    rows.push({ words, 'p50, ms': p50.toFixed(2), 'p99, ms': p99.toFixed(2) })
  }
  console.table(rows)
  return isFast
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN
}
