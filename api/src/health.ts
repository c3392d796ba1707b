import { Type } from 'typebox'
import { endpoint } from './endpoint.ts'

const tag = 'Health'

export const getHealth = endpoint({
  method: 'GET',
  path: '/health',
  summary: 'Whether the service answers, and its version',
  tag,
  public: true,
  limit: 'none',
  status: 200,
  reply: Type.Object({ status: Type.Literal('ok'), version: Type.String() }),
})

export const getLiveness = endpoint({
  method: 'GET',
  path: '/health/live',
  summary: 'Whether the process is up',
  tag,
  public: true,
  limit: 'none',
  status: 200,
  reply: Type.Object({ status: Type.Literal('ok') }),
})

export const getReadiness = endpoint({
  method: 'GET',
  path: '/health/ready',
  summary: 'Whether requests can be served',
  tag,
  public: true,
  limit: 'none',
  status: 200,
  reply: Type.Object({ status: Type.Enum(['ok', 'degraded']), degraded: Type.Array(Type.String()) }),
  errors: ['unavailable'],
})
