import { createServer, type ServerResponse } from 'node:http'
import { randomBytes, randomUUID } from 'node:crypto'
import BetterSqlite3 from 'better-sqlite3'

/**
 * The honest minimum of a task server, which Taskwell is compared with: `node:http`, prepared statements, a look-up of
 * the session, `JSON.stringify`. No validation, no log, no limits, no history. Prints `ready: URL TOKEN TASK-ID`.
 */
const [file = '', taskCount = '0'] = process.argv.slice(2)

const db = new BetterSqlite3(file)
db.pragma('journal_mode = wal')
db.pragma('synchronous = full')
db.exec(`
  create table users (id text primary key, name text not null) strict;
  create table sessions (token text primary key, user_id text not null, expires_at text not null) strict;
  create table tasks (
    id text primary key, user_id text not null, title text not null, description text, completed integer not null,
    priority text not null, due_date text, due_time text, due_time_zone text, completed_at text, version integer not null,
    revision integer not null, created_at text not null, updated_at text not null, deleted_at text) strict;
  create index tasks_created on tasks (user_id, created_at, id);
`)

const findSession = db.prepare<[string], { user_id: string; expires_at: string }>(
  'select user_id, expires_at from sessions join users on users.id = user_id where token = ?',
)
const columns = `id, title, description, completed, completed_at as completedAt, priority, due_date as dueDate,
  due_time as dueTime, due_time_zone as dueTimeZone, version, revision, created_at as createdAt, updated_at as updatedAt,
  deleted_at as deletedAt`
const listTasks = db.prepare<[string], object>(
  `select ${columns} from tasks where user_id = ? and deleted_at is null order by created_at desc, id desc limit 20`,
)
const getTask = db.prepare<[string, string], object>(`select ${columns} from tasks where user_id = ? and id = ?`)
const insertTask = db.prepare<[string, string, string, string | null, number, string | null, string, string], object>(
  `insert into tasks (id, user_id, title, description, completed, priority, due_date, version, revision, created_at, updated_at)
   values (?, ?, ?, ?, ?, 'medium', ?, 1, 1, ?, ?) returning ${columns}`,
)

const token = randomBytes(24).toString('base64url')
const userId = randomUUID()
db.prepare('insert into users values (?, ?)').run(userId, 'Ada')
db.prepare('insert into sessions values (?, ?, ?)').run(token, userId, '2099-01-01T00:00:00.000Z')
const taskId = fill(Number(taskCount))

function fill(count: number): string {
  let last: string = randomUUID()
  db.transaction(() => {
    for (let number = 0; number < count; number += 1) {
      last = randomUUID()
      const at = new Date(Date.now() - (count - number) * 1000).toISOString()
      const description = number % 4 === 0 ? `Ask for the invoice. Number ${number + 1} of the demo.` : null
      insertTask.all(last, userId, `Call the plumber (${number + 1})`, description, number % 2, '2026-12-01', at, at)
    }
  })()
  return last
}

const server = createServer((request, response) => {
  const { method, url = '/' } = request
  const session = findSession.get((request.headers.authorization ?? '').slice('Bearer '.length))
  if (!session || session.expires_at <= new Date().toISOString()) return send(response, 401, { title: 'Sign in' })
  if (method === 'POST') {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => void (text += part))
    request.once('end', () => {
      const now = new Date().toISOString()
      const { title } = JSON.parse(text)
      const [task] = insertTask.all(randomUUID(), session.user_id, title, null, 0, null, now, now)
      send(response, 201, task ?? {})
    })
    return
  }
  if (url.startsWith('/api/tasks/')) {
    const task = getTask.get(session.user_id, url.slice('/api/tasks/'.length))
    return task ? send(response, 200, task) : send(response, 404, { title: 'Not found' })
  }
  send(response, 200, { items: listTasks.all(session.user_id), nextCursor: null })
})

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
  server.close(() => db.close())
  server.closeAllConnections()
})
