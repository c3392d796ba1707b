import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { changeKinds, changedFieldNames } from './history.ts'
import { Cursor, Day, Id, Instant, nullable, TimeZone } from './values.ts'

const Count = Type.Integer({ minimum: 0 })
const Rate = nullable(
  Type.Number({ minimum: 0, maximum: 1, description: '0–1; null when there is nothing to divide by' }),
)
const Hours = nullable(Type.Number({ description: 'From creation to completion; null when nothing was completed' }))

const PriorityTotals = Type.Object({ total: Count, completed: Count, pending: Count, overdue: Count })
export type PriorityTotals = Static<typeof PriorityTotals>

export const Stats = Type.Object({
  asOf: Instant,
  timeZone: TimeZone,
  revision: Type.Integer(),
  totals: Type.Object({
    total: Count,
    completed: Count,
    pending: Count,
    overdue: Count,
    dueToday: Count,
    dueThisWeek: Count,
    noDueDate: Count,
  }),
  byPriority: Type.Object({ high: PriorityTotals, medium: PriorityTotals, low: PriorityTotals }),
  activity: Type.Array(Type.Object({ date: Day, created: Count, completed: Count }), {
    description: 'One a day, oldest first, today last',
  }),
  performance: Type.Object({
    completionRate: Rate,
    onTimeRate: Rate,
    averageHoursToComplete: Hours,
    medianHoursToComplete: Hours,
    completedLast7Days: Count,
    completedPrevious7Days: Count,
    currentStreakDays: Count,
    longestStreakDays: Count,
  }),
})
export type Stats = Static<typeof Stats>

export const StatsQuery = Type.Object(
  {
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 366, default: 30, description: 'Today and the days before' }),
    ),
    timeZone: Type.Optional(TimeZone),
  },
  { additionalProperties: false },
)
export type StatsQuery = Static<typeof StatsQuery>

export const ActivityItem = Type.Object({
  revision: Type.Integer({ description: 'The last one that the task took in the write' }),
  at: Instant,
  kind: Type.Enum(changeKinds),
  taskId: Id,
  title: Type.String({ description: 'As it is now; empty once the task is erased' }),
  changed: Type.Array(Type.Enum(changedFieldNames), {
    description: 'The fields that the write left with another value; none of a new task, and none once it is erased',
  }),
  by: Type.Object({ kind: Type.Enum(['session', 'token', 'cli', 'system']), name: nullable(Type.String()) }),
})
export type ActivityItem = Static<typeof ActivityItem>

export const ActivityPage = Type.Object({ items: Type.Array(ActivityItem), nextCursor: nullable(Type.String()) })
export type ActivityPage = Static<typeof ActivityPage>

const shared = {
  method: 'GET',
  tag: 'Dashboard',
  scope: 'tasks:read',
  limit: 'read',
  etag: 'revision',
  revision: true,
} as const

export const getStats = endpoint({
  ...shared,
  path: '/api/dashboard/stats',
  summary: 'Read figures of all tasks, and of the last days',
  description:
    '`totals` and `byPriority` are those of the lists with the same filters at the same revision. `activity` and `performance` include deleted tasks. `asOf` is the minute for which "overdue" and "today" were judged: until it passes, or the revision moves, the ETag stays and the answer is the same to the byte. Ask again with `If-None-Match` when an event `changes` brings a later revision than yours, and once a minute while you show what is overdue.',
  query: StatsQuery,
  timely: true,
  status: 200,
  reply: Stats,
})

export const listActivity = endpoint({
  ...shared,
  path: '/api/dashboard/activity',
  summary: 'List what happened lately',
  description:
    'Newest first, one item for each task that a write changed. A page may hold fewer than `limit`: follow `nextCursor` until it is null.',
  query: Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      cursor: Type.Optional(Cursor),
    },
    { additionalProperties: false },
  ),
  status: 200,
  reply: ActivityPage,
})
