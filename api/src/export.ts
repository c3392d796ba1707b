import { type Static, Type } from 'typebox'
import { AccountEvent } from './account-events.ts'
import { User } from './account.ts'
import { endpoint } from './endpoint.ts'
import { HistoryItem } from './history.ts'
import { SessionItem } from './sessions.ts'
import { Task } from './tasks.ts'
import { ApiToken } from './tokens.ts'
import { Id, Instant } from './values.ts'

export const Export = Type.Object({
  format: Type.Literal('taskwell-export'),
  version: Type.Literal(1),
  exportedAt: Instant,
  revision: Type.Integer({ description: 'Tasks and history are as they were at this revision' }),
  user: User,
  sessions: Type.Array(SessionItem),
  tokens: Type.Array(ApiToken),
  events: Type.Array(AccountEvent),
  tasks: Type.Array(Task, { description: 'Those of the bin, too' }),
  history: Type.Array(Type.Object({ ...HistoryItem.properties, taskId: Id }), { description: 'Oldest first' }),
})
export type Export = Static<typeof Export>

export const exportAccount = endpoint({
  method: 'GET',
  path: '/api/account/export',
  summary: 'Download everything of the own account',
  description:
    'One JSON file with all tasks and their history as of one revision, whatever is written meanwhile; what is erased meanwhile may be missing. A file that does not end with `}` was cut off.',
  tag: 'Accounts',
  limit: 'read',
  streamed: true,
  revision: true,
  status: 200,
  reply: Export,
})
