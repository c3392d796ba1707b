import { type Static, Type } from 'typebox'
import { Change } from './changes.ts'
import { endpoint } from './endpoint.ts'
import { Task } from './tasks.ts'
import { Cursor, Id, Instant, nullable } from './values.ts'

export const changeKinds = [
  'task.created',
  'task.updated',
  'task.completed',
  'task.reopened',
  'task.deleted',
  'task.restored',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/** The fields of a task that writes change. */
export const changedFieldNames = [
  'title',
  'description',
  'completed',
  'completedAt',
  'priority',
  'dueDate',
  'dueTime',
  'dueTimeZone',
  'deletedAt',
] as const

/** Fields of a task that a write changed. */
const Fields = Type.Partial(Type.Pick(Task, changedFieldNames))

export const HistoryItem = Type.Object({
  revision: Type.Integer(),
  at: Instant,
  kind: Type.Enum(changeKinds),
  by: Type.Object({ kind: Type.Enum(['session', 'token', 'cli', 'system']), name: nullable(Type.String()) }),
  before: nullable(Fields),
  after: Fields,
  undoes: nullable(Type.Integer({ description: 'The revision of this task that an undo reverted' })),
})
export type HistoryItem = Static<typeof HistoryItem>

export const HistoryPage = Type.Object({ items: Type.Array(HistoryItem), nextCursor: nullable(Type.String()) })
export type HistoryPage = Static<typeof HistoryPage>

export const listTaskHistory = endpoint({
  method: 'GET',
  path: '/api/tasks/:id/history',
  summary: 'Read what happened to a task',
  description: 'Newest first, each with the fields that it changed; also for a task in the bin.',
  tag: 'Tasks',
  scope: 'tasks:read',
  limit: 'read',
  params: Type.Object({ id: Id }),
  query: Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      cursor: Type.Optional(Cursor),
    },
    { additionalProperties: false },
  ),
  revision: true,
  status: 200,
  reply: HistoryPage,
  errors: ['not_found'],
})

export const UndoReply = Type.Object({ changes: Type.Array(Change), revision: Type.Integer() })
export type UndoReply = Static<typeof UndoReply>

export const undoChange = endpoint({
  method: 'POST',
  path: '/api/changes/:revision/undo',
  summary: 'Undo a write',
  description:
    'Reverts the whole write that made this revision, a batch included, as a new write; undoing that one redoes. Refused with `conflicts` when a field it changed has another value by now.',
  tag: 'Changes',
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  params: Type.Object({
    revision: Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'Any revision of the write' }),
  }),
  revision: true,
  status: 200,
  reply: UndoReply,
  errors: ['not_found', 'conflict', 'quota_exceeded'],
})
