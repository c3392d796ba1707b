import type { OperationName, Scope } from '@taskwell/api'

/** Who may call an operation: anybody, whoever has a session, or whoever has that or a token with the scope. */
export type Door = 'anybody' | 'session' | Scope

/** What sort of thing a place in a request names. */
export type Sort = 'task' | 'session' | 'token' | 'revision' | 'key' | 'version' | keyof typeof cursors
const cursors = { tasks: 0, history: 0, changes: 0, activity: 0, events: 0 }

/** A request with `$task` and the like where a thing is named. */
export interface Call {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One place that names a thing, and what is answered to a stranger by what they put there. */
export interface Slot {
  readonly at: string
  readonly sort: Sort
  readonly call: Call
  /** For another's thing, and to the byte the same for what never was. */
  readonly foreign: number
  /** For what is deleted, to its owner; unless it may be named on. */
  readonly deleted?: number
  readonly wrongType: number
}

export interface Row {
  readonly door: Door
  /** What is asked by those who are refused before it matters. */
  readonly call?: Call
  readonly slots?: readonly Slot[]
}

const path = { sort: 'task', foreign: 404, deleted: 404, wrongType: 404 } as const
const cursor = { at: 'cursor', foreign: 422, wrongType: 422 } as const
const inBatch = { sort: 'task', foreign: 404, deleted: 404, wrongType: 422 } as const
const id = '$task'
const title = { title: 'Mine now' }

/** A task in the path; with a precondition, a stranger learns nothing by the owner's version; and with the owner's key. */
function taskSlots(call: Call, extra: Partial<Slot> = {}): Slot[] {
  const params = { id }
  return [
    { at: 'path', ...path, call: { ...call, params }, ...extra },
    { at: 'path with If-Match', ...path, call: { ...call, params, headers: { 'if-match': '$version' } }, ...extra },
    {
      at: 'path with key',
      ...path,
      deleted: 422,
      call: { ...call, params, headers: { 'idempotency-key': '$key' } },
      ...extra,
    },
  ]
}

/** Its owner brings it back by that. */
function mayNameDeleted({ at, sort, call, foreign, wrongType }: Slot): Slot {
  return { at, sort, call, foreign, wrongType }
}

function batchOf(operation: object): Call {
  return { body: { operations: [operation] } }
}

/** What is answered to whom. An operation of the contract without a row here fails the test. */
export const matrix: Readonly<Record<OperationName, Row>> = {
  register: { door: 'anybody' },
  login: { door: 'anybody' },
  logout: { door: 'anybody' },
  getHealth: { door: 'anybody' },
  getLiveness: { door: 'anybody' },
  getReadiness: { door: 'anybody' },
  getSession: { door: 'session' },
  getAccount: { door: 'account:read' },
  updateAccount: { door: 'session', call: { body: { name: 'Eve' } } },
  deleteAccount: { door: 'session', call: { body: { password: 'correct horse battery' } } },
  exportAccount: { door: 'session' },
  listSessions: { door: 'session' },
  endSession: {
    door: 'session',
    slots: [{ at: 'path', ...path, sort: 'session', call: { params: { id: '$session' } } }],
  },
  endOtherSessions: { door: 'session' },
  listAccountEvents: {
    door: 'session',
    slots: [{ ...cursor, sort: 'events', call: { query: '?limit=1&cursor=$events' } }],
  },
  listTokens: { door: 'session' },
  createToken: { door: 'session', call: { body: { name: 'Robot', scopes: ['tasks:read'] } } },
  deleteToken: { door: 'session', slots: [{ at: 'path', ...path, sort: 'token', call: { params: { id: '$token' } } }] },
  createTask: {
    door: 'tasks:write',
    call: { body: title },
    slots: [
      // Everybody has ids of their own: another's is as free as one that never was.
      { at: 'body', sort: 'task', call: { body: { id, ...title } }, foreign: 201, deleted: 409, wrongType: 422 },
      {
        at: 'key',
        sort: 'key',
        call: { body: { title: 'Written with a key' }, headers: { 'idempotency-key': '$key' } },
        foreign: 201,
        wrongType: 422,
      },
    ],
  },
  listTasks: { door: 'tasks:read', slots: [{ ...cursor, sort: 'tasks', call: { query: '?limit=1&cursor=$tasks' } }] },
  getTask: { door: 'tasks:read', slots: [{ at: 'path', ...path, call: { params: { id } } }] },
  updateTask: { door: 'tasks:write', slots: taskSlots({ body: title }) },
  replaceTask: { door: 'tasks:write', slots: taskSlots({ body: title }) },
  deleteTask: { door: 'tasks:write', slots: taskSlots({}) },
  restoreTask: { door: 'tasks:write', slots: taskSlots({}).map(mayNameDeleted) },
  listTaskHistory: {
    door: 'tasks:read',
    slots: [
      { at: 'path', ...path, deleted: 200, call: { params: { id } } },
      {
        ...cursor,
        sort: 'history',
        call: { params: { id }, query: '?limit=1&cursor=$history' },
      },
    ],
  },
  batchTasks: {
    door: 'tasks:write',
    call: batchOf({ op: 'create', task: title }),
    slots: [
      { at: 'create', ...inBatch, foreign: 200, deleted: 409, call: batchOf({ op: 'create', task: { id, ...title } }) },
      { at: 'update', ...inBatch, call: batchOf({ op: 'update', id, changes: title }) },
      { at: 'update of a version', ...inBatch, call: batchOf({ op: 'update', id, changes: title, ifVersion: 1 }) },
      { at: 'delete', ...inBatch, call: batchOf({ op: 'delete', id }) },
      { at: 'restore', sort: 'task', foreign: 404, wrongType: 422, call: batchOf({ op: 'restore', id }) },
      {
        at: 'behind one that is fine',
        ...inBatch,
        call: {
          body: {
            operations: [
              { op: 'create', task: title },
              { op: 'delete', id },
            ],
          },
        },
      },
    ],
  },
  emptyBin: { door: 'tasks:write' },
  eraseTask: {
    door: 'tasks:write',
    slots: [{ at: 'path', sort: 'task', foreign: 404, wrongType: 404, call: { params: { id } } }],
  },
  listChanges: {
    door: 'tasks:read',
    call: { query: '?since=0' },
    slots: [{ ...cursor, sort: 'changes', call: { query: '?cursor=$changes' } }],
  },
  undoChange: {
    door: 'tasks:write',
    slots: [
      { at: 'path', sort: 'revision', foreign: 404, wrongType: 404, call: { params: { revision: '$revision' } } },
    ],
  },
  getStats: { door: 'tasks:read' },
  listActivity: {
    door: 'tasks:read',
    slots: [{ ...cursor, sort: 'activity', call: { query: '?limit=1&cursor=$activity' } }],
  },
}
