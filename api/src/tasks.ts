import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Cursor, Day, Id, Instant, nullable, text, TimeOfDay, TimeZone, trimmedText } from './values.ts'

export const priorities = ['high', 'medium', 'low'] as const
export type Priority = (typeof priorities)[number]

/** Code points. */
export const longestTexts = { title: 500, description: 20_000 } as const

const Title = trimmedText({ minLength: 1, maxLength: longestTexts.title })
const Description = nullable(text({ maxLength: longestTexts.description }))
const PriorityName = Type.Enum(priorities)

export const Task = Type.Object({
  id: Id,
  title: Type.String(),
  description: nullable(Type.String()),
  completed: Type.Boolean(),
  completedAt: nullable(Instant),
  priority: PriorityName,
  dueDate: nullable(Day),
  dueTime: nullable(TimeOfDay),
  dueTimeZone: nullable(TimeZone),
  version: Type.Integer(),
  revision: Type.Integer(),
  createdAt: Instant,
  updatedAt: Instant,
  deletedAt: nullable(Instant),
})
export type Task = Static<typeof Task>

const content = {
  description: Type.Optional(Description),
  completed: Type.Optional(Type.Boolean()),
  priority: Type.Optional(PriorityName),
  dueDate: Type.Optional(nullable(Day)),
  dueTime: Type.Optional(nullable(TimeOfDay)),
  dueTimeZone: Type.Optional(nullable(TimeZone)),
}

export const NewTask = Type.Object({ id: Type.Optional(Id), title: Title, ...content }, { additionalProperties: false })
export type NewTask = Static<typeof NewTask>

export const TaskChanges = Type.Object({ title: Type.Optional(Title), ...content }, { additionalProperties: false })
export type TaskChanges = Static<typeof TaskChanges>

export const dueFilters = ['overdue', 'today', 'week', 'upcoming', 'none', 'any'] as const
export const taskSorts = ['createdAt', 'updatedAt', 'dueDate', 'priority', 'title', 'completedAt', 'deletedAt'] as const
export type TaskSort = (typeof taskSorts)[number]

export const TaskQuery = Type.Object(
  {
    q: Type.Optional(
      text({ maxLength: 200, description: 'At most 10 words; each must occur in title or description' }),
    ),
    completed: Type.Optional(Type.Boolean()),
    priority: Type.Optional(Type.Array(PriorityName, { maxItems: 3, description: 'Repeatable' })),
    due: Type.Optional(Type.Enum(dueFilters)),
    dueFrom: Type.Optional(Day),
    dueTo: Type.Optional(Day),
    createdFrom: Type.Optional(Instant),
    createdTo: Type.Optional(Instant),
    updatedFrom: Type.Optional(Instant),
    updatedTo: Type.Optional(Instant),
    deleted: Type.Optional(Type.Boolean({ description: '`true` lists the bin' })),
    sort: Type.Optional(
      Type.Enum(
        taskSorts.flatMap((sort) => [sort, `-${sort}`] as const),
        { description: '`-` first for descending; default `-createdAt`' },
      ),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Cursor),
    count: Type.Optional(Type.Enum(['exact'], { description: 'Adds `total`' })),
    timeZone: Type.Optional(TimeZone),
  },
  { additionalProperties: false },
)
export type TaskQuery = Static<typeof TaskQuery>

export const TaskPage = Type.Object({
  items: Type.Array(Task),
  nextCursor: nullable(Type.String()),
  total: Type.Optional(Type.Integer()),
})
export type TaskPage = Static<typeof TaskPage>

const TaskParams = Type.Object({ id: Id })
const tag = 'Tasks'

export const createTask = endpoint({
  method: 'POST',
  path: '/api/tasks',
  summary: 'Create a task',
  description: 'A client-made `id` makes the request safe to repeat: the same content answers the task as it is now.',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  body: NewTask,
  etag: 'task',
  revision: true,
  status: 201,
  alternative: { status: 200, meaning: 'The task was there already, created with the same content' },
  reply: Task,
  errors: ['conflict', 'quota_exceeded'],
})

export const listTasks = endpoint({
  method: 'GET',
  path: '/api/tasks',
  summary: 'List, search, filter and sort tasks',
  description:
    'All parameters combine. A page may hold fewer than `limit` tasks: follow `nextCursor` until it is null.',
  tag,
  scope: 'tasks:read',
  limit: 'read',
  query: TaskQuery,
  etag: 'revision',
  revision: true,
  status: 200,
  reply: TaskPage,
})

export const getTask = endpoint({
  method: 'GET',
  path: '/api/tasks/:id',
  summary: 'Read a task',
  tag,
  scope: 'tasks:read',
  limit: 'read',
  params: TaskParams,
  etag: 'task',
  revision: true,
  status: 200,
  reply: Task,
  errors: ['not_found'],
})

const change = {
  path: '/api/tasks/:id',
  description: 'Fields sent are changed, `null` clears, fields left out are untouched. PUT and PATCH do the same.',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  params: TaskParams,
  body: TaskChanges,
  conditional: true,
  etag: 'task',
  revision: true,
  status: 200,
  reply: Task,
  errors: ['not_found', 'precondition_failed'],
} as const

export const updateTask = endpoint({ method: 'PATCH', summary: 'Change a task', ...change })

export const replaceTask = endpoint({
  method: 'PUT',
  summary: 'Change a task, for clients that only know PUT',
  ...change,
})

export const deleteTask = endpoint({
  method: 'DELETE',
  path: '/api/tasks/:id',
  summary: 'Move a task to the bin',
  description: 'It can be restored for 30 days.',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  params: TaskParams,
  conditional: true,
  revision: true,
  status: 204,
  errors: ['not_found', 'precondition_failed'],
})

export const restoreTask = endpoint({
  method: 'POST',
  path: '/api/tasks/:id/restore',
  summary: 'Bring a task back from the bin',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  params: TaskParams,
  conditional: true,
  etag: 'task',
  revision: true,
  status: 200,
  reply: Task,
  errors: ['not_found', 'precondition_failed', 'quota_exceeded'],
})
