import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import pg from 'pg'

/** The bare server of `reference-server.ts` on PostgreSQL: a pool of ten, named statements. Prints `ready: URL TOKEN TASK-ID`. */
const [url = '', taskCount = '0'] = process.argv.slice(2)

const pool = new pg.Pool({ connectionString: url, max: 10 })
await pool.query(`
  create table users (id uuid primary key, name text not null);
  create table sessions (token text primary key, user_id uuid not null, expires_at timestamptz not null);
  create table tasks (
    id uuid primary key, user_id uuid not null, title text not null, description text, completed boolean not null,
    priority text not null, due_date text, due_time text, due_time_zone text, completed_at timestamptz,
    version integer not null, revision integer not null, created_at timestamptz not null,
    updated_at timestamptz not null, deleted_at timestamptz);
  create index tasks_created on tasks (user_id, created_at, id);
`)

const columns = `id, title, description, completed, completed_at as "completedAt", priority, due_date as "dueDate",
  due_time as "dueTime", due_time_zone as "dueTimeZone", version, revision, created_at as "createdAt",
  updated_at as "updatedAt", deleted_at as "deletedAt"`
const findSession = 'select user_id, expires_at from sessions join users on users.id = user_id where token = $1'
const listTasks = `select ${columns} from tasks where user_id = $1 and deleted_at is null order by created_at desc, id desc limit 20`
const getTask = `select ${columns} from tasks where user_id = $1 and id = $2`
const insertTask = `insert into tasks (id, user_id, title, description, completed, priority, due_date, version, revision, created_at, updated_at)
   values ($1, $2, $3, $4, $5, 'medium', $6, 1, 1, $7, $7) returning ${columns}`

async function run<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[]> {
  const { rows } = await pool.query<Row>({ name, text, values })
  return rows
}

const token = randomBytes(24).toString('base64url')
const userId = randomUUID()
await pool.query('insert into users values ($1, $2)', [userId, 'Ada'])
await pool.query('insert into sessions values ($1, $2, $3)', [token, userId, '2099-01-01T00:00:00.000Z'])
const taskId = await fill(Number(taskCount))

async function fill(count: number): Promise<string> {
  let last: string = randomUUID()
  for (let number = 0; number < count; number += 1) {
    last = randomUUID()
    const at = new Date(Date.now() - (count - number) * 1000)
    const description = number % 4 === 0 ? `Ask for the invoice. Number ${number + 1} of the demo.` : null
    const values = [last, userId, `Call the plumber (${number + 1})`, description, number % 2 === 1, '2026-12-01', at]
    await run('insert', insertTask, values)
  }
  return last
}

const server = createServer((request, response) => {
  answer(request).then(
    ([status, body]) => send(response, status, body),
    () => send(response, 500, { title: 'Failed' }),
  )
})

async function answer(request: IncomingMessage): Promise<readonly [status: number, body: object]> {
  const { method, url: path = '/', headers } = request
  const shown = (headers.authorization ?? '').slice('Bearer '.length)
  const [session] = await run<{ user_id: string; expires_at: Date }>('session', findSession, [shown])
  if (!session || session.expires_at <= new Date()) return [401, { title: 'Sign in' }]
  if (method === 'POST') {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const { title } = JSON.parse(text)
    const values = [randomUUID(), session.user_id, title, null, false, null, new Date()]
    const [task = {}] = await run('insert', insertTask, values)
    return [201, task]
  }
  if (path.startsWith('/api/tasks/')) {
    const [task] = await run('get', getTask, [session.user_id, path.slice('/api/tasks/'.length)])
    return task ? [200, task] : [404, { title: 'Not found' }]
  }
  return [200, { items: await run('list', listTasks, [session.user_id]), nextCursor: null }]
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  console.log(`ready: http://127.0.0.1:${port} ${token} ${taskId}`)
})
process.once('SIGTERM', () => {
  server.close(() => void pool.end())
  server.closeAllConnections()
})
