import { TaskwellError } from '../calls.ts'
import type { Problem } from '../errors.ts'
import { readRetryAfter } from './backoff.ts'

/** What a failed request means. */
export type Failure =
  /** No answer of the server: it may have done what it was asked, or not. */
  | { readonly kind: 'unreachable' }
  /** Not now; the pause that the server asks for is in milliseconds. */
  | { readonly kind: 'later'; readonly retryAfter: number | null }
  | { readonly kind: 'signed out' }
  | { readonly kind: 'refused'; readonly problem: Problem }

export function judgeFailure(error: unknown): Failure {
  // What is no problem of ours was said by somebody on the way, such as a proxy: no reason to give a write up.
  if (!(error instanceof TaskwellError) || error.problem.code === 'unknown') return { kind: 'unreachable' }
  const { problem, headers } = error
  if (problem.status === 401) return { kind: 'signed out' }
  if (isPassing(problem)) return { kind: 'later', retryAfter: readRetryAfter(headers) }
  return { kind: 'refused', problem }
}

function isPassing({ status, code }: Problem): boolean {
  return status === 408 || status === 429 || status >= 500 || code === 'request_in_progress'
}
