import { createAjv } from '../src/http/formats.ts'
import { Problem } from '@taskwell/api'
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as open } from 'node:http'
import { expect } from 'vitest'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface HttpRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

/** Sends requests just as they are given: no jar, no headers of its own beside `Host` and the length. */
export interface Requests {
  send(request: HttpRequest): Promise<Reply>
  close(): void
}

export function createRequests(baseUrl: string): Requests {
  const { port } = new URL(baseUrl)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  return {
    close: () => agent.destroy(),
    send: ({ method = 'GET', path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
        const all = { host: `localhost:${port}`, ...length, ...headers }
        const request = open({ host: '127.0.0.1', port, method, path, headers: all, agent }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
          })
        })
        request.on('error', reject)
        request.end(body)
      }),
  }
}

/** The headers of a JSON request with that token. */
export function jsonAs(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}

const ajv = createAjv()
const isProblem = ajv.compile<Problem>(Problem)

const securityHeaders = [
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
]
const inside =
  /\bat \S+ \(|node_modules|\.[tj]s\b|\b(insert into|select \*)|sqlite|postgres|kysely|fastify|\bajv\b|typebox|better-auth|\/(work|tmp)\//i

/** Asserts that the reply is a problem as the contract says, and tells nothing of the inside. */
export function expectProblem(
  reply: Pick<Reply, 'status' | 'headers' | 'text'>,
  status: number,
  code?: string,
): Problem {
  expect(reply.headers['content-type'], `status ${reply.status}: ${reply.text}`).toMatch(/^application\/problem\+json/)
  const problem: Problem = JSON.parse(reply.text)
  expect(isProblem(problem), reply.text).toBe(true)
  const told = { status: reply.status, inBody: problem.status, code: problem.code, type: problem.type }
  expect(told, reply.text).toEqual({
    status,
    inBody: status,
    code: code ?? expect.stringMatching(/^[a-z_]+$/),
    type: `urn:taskwell:problem:${problem.code}`,
  })
  for (const name of securityHeaders) expect(reply.headers, reply.text).toHaveProperty(name)
  expect(reply.headers['cache-control']).toBe('no-store')
  const { errors, ...rest } = problem
  expect(JSON.stringify(rest)).not.toMatch(inside)
  for (const { message } of errors ?? []) expect(message).not.toMatch(inside)
  return problem
}
