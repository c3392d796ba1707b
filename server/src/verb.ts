import type { Contract, Endpoint, Input, OperationName, ReplyBody } from '@taskwell/api'
import type { IncomingHttpHeaders } from 'node:http'
import type { Context } from './context.ts'

/** What a verb answers: the body, and what the headers say beyond it. */
export interface Outcome<Body> {
  readonly body: Body
  /** When it is not the endpoint's usual status. */
  readonly status?: number
  /** The revision that the body reflects. */
  readonly revision?: number
  /** The last revision that the write took, by which it can be undone; left out when it changed nothing. */
  readonly wrote?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** Where a request came from, for verbs that nobody needs to be signed in for. */
export interface Visit {
  readonly headers: IncomingHttpHeaders
  readonly ip: string
}

/** A streamed reply is answered as the pieces of its JSON. */
type Answer<E extends Endpoint> = E extends { streamed: true } ? AsyncIterable<string> : ReplyBody<E>

/** A verb for an endpoint: private ones get the caller's context, public ones only the visit. */
export type Verb<E extends Endpoint> = E extends { public: true }
  ? (visit: Visit, input: Input<E>) => Promise<Outcome<Answer<E>>>
  : (ctx: Context & { readonly visit: Visit }, input: Input<E>) => Promise<Outcome<Answer<E>>>

/** A verb for every operation of the contract. */
export type Verbs = { readonly [Name in OperationName]: Verb<Contract[Name]> }
