import type { Static, TObject, TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** What a personal API token must be allowed to do before an endpoint takes it. */
export const scopes = ['tasks:read', 'tasks:write', 'account:read'] as const
export type Scope = (typeof scopes)[number]

/** One operation of the API as data: the server mounts it, the client calls it, OpenAPI describes it. */
export interface Endpoint {
  readonly method: Method
  /** Fastify's path syntax: `/api/tasks/:id` */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** Whether anybody may call it; everything else needs a session or a token. */
  readonly public?: boolean
  /** The scope with which an API token may call it; without one no token is taken. */
  readonly scope?: Scope
  /** Which budget of requests it draws on. */
  readonly limit: 'read' | 'write' | 'login' | 'registration' | 'none'
  readonly params?: TObject
  readonly query?: TObject
  readonly body?: TObject
  /** Whether `If-Match` is understood. */
  readonly conditional?: boolean
  /** Whether `Idempotency-Key` is understood: requests with one key have one effect and one reply. */
  readonly idempotent?: boolean
  /** `task`: the task's version; `revision`: the state of the caller's space. Such replies answer 304 when unchanged. */
  readonly etag?: 'task' | 'revision'
  /** Whether the reply tells of "now" whatever is asked, so that an `etag` of `revision` holds for a minute. */
  readonly timely?: boolean
  /** Whether replies carry `Taskwell-Revision`. */
  readonly revision?: boolean
  /** The usual status, and what an exception to it means. */
  readonly status: 200 | 201 | 204
  readonly alternative?: { readonly status: 200; readonly meaning: string }
  /** Whether the reply is written piece by piece, since it may be larger than memory. */
  readonly streamed?: boolean
  /** `undefined` when the reply has no body. */
  readonly reply?: TSchema
  /** Refusals of its own, beside those that every endpoint shares. */
  readonly errors?: readonly ErrorCode[]
}

/** States an endpoint, keeping its exact type. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition
}

type Part<S> = S extends TSchema ? Static<S> : undefined

/** What a caller sends: only the parts that the endpoint has. */
export type Input<E extends Endpoint> = (E extends { params: infer S } ? { params: Part<S> } : unknown) &
  (E extends { query: infer S } ? { query: Part<S> } : unknown) &
  (E extends { body: infer S } ? { body: Part<S> } : unknown) &
  (E extends { conditional: true } ? { ifMatch?: string | undefined } : unknown)

/** What a successful reply holds. */
export type ReplyBody<E extends Endpoint> = E extends { reply: infer S } ? Part<S> : undefined
