import { Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Id } from './values.ts'

const tag = 'Bin'

export const emptyBin = endpoint({
  method: 'DELETE',
  path: '/api/bin',
  summary: 'Erase everything in the bin',
  description: 'Texts and their history are gone for good; only the fact that the tasks were deleted stays.',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  revision: true,
  status: 204,
})

export const eraseTask = endpoint({
  method: 'DELETE',
  path: '/api/bin/:id',
  summary: 'Erase one task of the bin',
  tag,
  scope: 'tasks:write',
  limit: 'write',
  idempotent: true,
  params: Type.Object({ id: Id }),
  revision: true,
  status: 204,
  errors: ['not_found'],
})
