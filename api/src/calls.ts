import { contract, type Contract, type OperationName } from './contract.ts'
import type { Endpoint, Input, ReplyBody } from './endpoint.ts'
import type { Problem } from './errors.ts'

export interface ClientOptions {
  /** Where the server is, such as `https://tasks.example.org`; default: where the page came from. */
  readonly baseUrl?: string
  /** The value of `set-auth-token` or an API token, asked for at each request. Without it the browser's cookie counts. */
  readonly token?: () => string | undefined
  readonly fetch?: typeof fetch
}

/** A successful reply. */
export interface ClientReply<E extends Endpoint> {
  readonly status: number
  readonly body: ReplyBody<E>
  readonly etag: string | null
  /** The revision that the reply reflects, where the API tells it. */
  readonly revision: number | null
  /** The revision of the write that the request made, to undo it by; null when it changed nothing. */
  readonly wrote: number | null
  readonly headers: Headers
}

type Call<E extends Endpoint> =
  object extends Sent<E> ? (input?: Sent<E>) => Promise<ClientReply<E>> : (input: Sent<E>) => Promise<ClientReply<E>>

/** What is sent: a query of which nothing is required may be left out. */
type Sent<E extends Endpoint> = (Input<E> extends { query: infer Q }
  ? object extends Q
    ? Omit<Input<E>, 'query'> & { query?: Q }
    : Input<E>
  : Input<E>) &
  (E extends { idempotent: true } ? { idempotencyKey?: string | undefined } : unknown)

/** A function for each operation of the contract. */
export type Calls = { readonly [Name in OperationName]: Call<Contract[Name]> }

/** The server's refusal, as it put it. */
export class TaskwellError extends Error {
  override readonly name = 'TaskwellError'
  readonly problem: Problem
  readonly headers: Headers

  constructor(problem: Problem, headers: Headers) {
    super(problem.detail ?? problem.title)
    this.problem = problem
    this.headers = headers
  }
}

/**
 * Makes the functions that call the server.
 * They throw `TaskwellError` when the server refuses, and whatever `fetch` throws when it cannot be reached.
 */
export function createCalls(options: ClientOptions = {}): Calls {
  const calls = Object.entries(contract).map(([name, endpoint]) => [
    name,
    (input: AnyInput = {}) => call(options, endpoint, input),
  ])
  return fromContract(Object.fromEntries(calls))
}

interface AnyInput {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  ifMatch?: string | undefined
  idempotencyKey?: string | undefined
}

async function call(options: ClientOptions, endpoint: Endpoint, input: AnyInput): Promise<unknown> {
  const headers = new Headers()
  const token = options.token?.()
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  if (input.ifMatch !== undefined) headers.set('if-match', input.ifMatch)
  if (input.idempotencyKey !== undefined) headers.set('idempotency-key', input.idempotencyKey)
  const request: RequestInit = { method: endpoint.method, headers, credentials: 'include' }
  if (endpoint.body) {
    headers.set('content-type', 'application/json')
    request.body = JSON.stringify(input.body)
  }
  const response = await (options.fetch ?? fetch)(address(options, endpoint, input), request)
  if (!response.ok) throw new TaskwellError(await readProblem(response), response.headers)
  return {
    status: response.status,
    body: endpoint.reply && response.status !== 204 ? await response.json() : undefined,
    etag: response.headers.get('etag'),
    revision: readNumber(response.headers, 'taskwell-revision'),
    wrote: readNumber(response.headers, 'taskwell-write'),
    headers: response.headers,
  }
}

function readNumber(headers: Headers, name: string): number | null {
  const value = headers.get(name)
  return value === null ? null : Number(value)
}

function address(options: ClientOptions, endpoint: Endpoint, input: AnyInput): string {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value === undefined) continue
    for (const single of Array.isArray(value) ? value : [value]) query.append(name, String(single))
  }
  const search = query.size > 0 ? `?${query}` : ''
  return `${options.baseUrl?.replace(/\/$/, '') ?? ''}${path}${search}`
}

/** A proxy on the way may answer something else than our problem format. */
async function readProblem(response: Response): Promise<Problem> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  if (isProblem) return (await response.json()) as Problem
  return {
    type: 'about:blank',
    title: response.statusText || 'The server could not be understood',
    status: response.status,
    code: 'unknown',
    requestId: '',
  }
}

/** The entries are made from the contract itself, which the compiler cannot follow through `Object.entries`. */
function fromContract(calls: Record<string, unknown>): Calls {
  return calls as Calls
}
