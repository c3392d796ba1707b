import { createClient, type Problem, TaskwellError } from '@taskwell/api'
import { earlyFetch } from './early.ts'

/** The server that this page came from; the browser's cookie says who asks. */
export const server = createClient({ fetch: earlyFetch })

/**
 * Calls one of the account library's own routes, which the contract does not describe.
 * @throws {TaskwellError} when the server refuses, and whatever `fetch` throws when it cannot be reached.
 */
export async function callNative(path: string, body?: Record<string, unknown>): Promise<Record<string, unknown>> {
  const request: RequestInit = body
    ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    : {}
  const response = await earlyFetch(`/api/auth${path}`, { credentials: 'include', ...request })
  const reply: unknown = await response.json().catch(() => null)
  const content = isRecord(reply) ? reply : {}
  if (response.ok) return content
  throw new TaskwellError(nativeProblem(response.status, content), response.headers)
}

/** What to tell the user of a failure. */
export function explain(error: unknown): string {
  if (error instanceof TaskwellError) return explainProblem(error.problem)
  if (error instanceof TypeError) return 'The server cannot be reached. Check the connection and try again.'
  return 'Something went wrong. Try again; if it stays, reload the page.'
}

export function explainProblem(problem: Problem): string {
  const faults = problem.errors?.map(explainFault) ?? []
  if (faults.length > 0) return faults.join(' ')
  return problem.detail ?? `${problem.title}.`
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof TaskwellError && error.problem.code === code
}

/** Some messages go on from the name of the field, others are sentences. */
function explainFault({ path, message }: { path: string; message: string }): string {
  const isSentence = /^\p{Lu}/u.test(message)
  const text = isSentence ? message : `${fieldName(path)} ${message}`
  return text.endsWith('.') ? text : `${text}.`
}

function fieldName(path: string): string {
  const name = path.split('/').at(-1) ?? ''
  const words = name.replace(/([A-Z])/g, ' $1').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function nativeProblem(status: number, { code, message, ...rest }: Record<string, unknown>): Problem {
  const text = typeof message === 'string' ? message : undefined
  return {
    ...rest,
    type: 'about:blank',
    status,
    title: text ?? 'The server refused',
    code: typeof code === 'string' ? code.toLowerCase() : 'unknown',
    requestId: '',
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
