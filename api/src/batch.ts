import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { NewTask, Task, TaskChanges } from './tasks.ts'
import { Id } from './values.ts'

const ifVersion = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Version of the task at this point of the batch' }),
)
const strict = { additionalProperties: false } as const
const operations = [
  Type.Object({ op: Type.Literal('create'), task: NewTask }, strict),
  Type.Object({ op: Type.Literal('update'), id: Id, changes: TaskChanges, ifVersion }, strict),
  Type.Object({ op: Type.Literal('delete'), id: Id, ifVersion }, strict),
  Type.Object({ op: Type.Literal('restore'), id: Id }, strict),
] as const

/** One step of a batch; `op` tells which kind it is, so that faults are told of that kind only. */
export type Operation = Static<(typeof operations)[number]>
export const Operation = Type.Unsafe<Operation>({
  type: 'object',
  discriminator: { propertyName: 'op' },
  oneOf: operations,
})

export const BatchReply = Type.Object({
  results: Type.Array(Type.Object({ op: Type.Enum(['create', 'update', 'delete', 'restore']), task: Task }), {
    description: 'In the order of the operations; each task as it was after its operation',
  }),
  revision: Type.Integer(),
})
export type BatchReply = Static<typeof BatchReply>

export const batchTasks = endpoint({
  method: 'POST',
  path: '/api/tasks/batch',
  summary: 'Create, change, delete and restore several tasks at once',
  description:
    'All or nothing, in order, as one write. The first operation that fails refuses the batch, as it would alone, with its place as `index`.',
  tag: 'Tasks',
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  body: Type.Object({ operations: Type.Array(Operation, { minItems: 1, maxItems: 100 }) }, strict),
  revision: true,
  status: 200,
  reply: BatchReply,
  errors: ['not_found', 'conflict', 'precondition_failed', 'quota_exceeded'],
})
