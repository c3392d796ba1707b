import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Task } from './tasks.ts'
import { Cursor, nullable, text } from './values.ts'

/** What a device learns of a task: its present state. */
export const Change = Type.Object({ type: Type.Literal('task'), task: Task })
export type Change = Static<typeof Change>

export const ChangeQuery = Type.Object(
  {
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: '`revision` of the last page; 0 for a full copy. Required on a first page',
      }),
    ),
    epoch: Type.Optional(text({ maxLength: 100, description: '`epoch` of the last page' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 500 })),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
)
export type ChangeQuery = Static<typeof ChangeQuery>

export const ChangePage = Type.Object({
  changes: Type.Array(Change),
  revision: Type.Integer({ description: 'Where this page brings the client: the `since` of next time' }),
  epoch: Type.String({ description: 'Another one when the store was restored from a backup' }),
  hasMore: Type.Boolean(),
  next: nullable(Type.String({ description: 'The `cursor` of the next page' })),
})
export type ChangePage = Static<typeof ChangePage>

const tag = 'Changes'

export const listChanges = endpoint({
  method: 'GET',
  path: '/api/changes',
  summary: 'Read what changed since a revision',
  description:
    'Every task that changed since, once, as it is now, in the order of the changes; deleted ones with `deletedAt`. A page may hold fewer than `limit`: follow `next` until `hasMore` is false. 410 means: start over with `since=0`.',
  tag,
  scope: 'tasks:read',
  limit: 'read',
  query: ChangeQuery,
  revision: true,
  status: 200,
  reply: ChangePage,
  errors: ['resync_required'],
})
