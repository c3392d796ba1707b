import { type ErrorCode, errorCodes, type Problem } from '@taskwell/api'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isUntrusted } from '../database/disk-faults.ts'
import { type Fault, notFound, Refusal, type RefusalDetails } from '../errors.ts'
import { describeFaults } from './faults.ts'
import { requestLog } from './log-request.ts'

export const problemType = 'application/problem+json; charset=utf-8'

/** The body of an error reply (RFC 9457). */
export function toProblem(refusal: Refusal, requestId: string): Problem {
  const { status, title } = errorCodes[refusal.code]
  const { detail, errors, members } = refusal.details
  return {
    type: `urn:taskwell:problem:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && { errors: errors.map((fault: Fault) => ({ ...fault })) }),
    ...members,
    requestId,
  }
}

/** Answers any error with a problem; what nobody foresaw is logged and says nothing of its inside. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toRefusal(error, request.routeOptions?.url)
  if (refusal.code === 'internal_error') requestLog(request).error({ err: error }, 'unexpected error')
  const isUnforeseen = !(error instanceof Refusal) && !isUntrusted(error)
  if (['unavailable', 'overloaded'].includes(refusal.code) && isUnforeseen)
    requestLog(request).warn({ err: error }, 'the database did not answer in time')
  const { status } = errorCodes[refusal.code]
  if (status === 503) reply.header('retry-after', '1')
  // Every 401 names a way in (RFC 9110, section 15.5.2); browsers ask nobody for a bearer token.
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...refusal.details.headers })
    .type(problemType)
    .serializer(JSON.stringify)
    .send(toProblem(refusal, request.id))
}

/** How `pg` says that the database went away, and that all connections are taken; these errors have no code. */
const messages: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(Connection terminated|Client has encountered a connection error|Client was closed)/, 'unavailable'],
  [/^timeout exceeded when trying to connect/, 'overloaded'],
]

function codeOf({ message }: Error): ErrorCode | undefined {
  return messages.find(([pattern]) => pattern.test(message))?.[1]
}

/** Errors of Fastify, SQLite, PostgreSQL and the network that mean something to the client. */
const codes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_ASYNC_CONSTRAINT: 'malformed_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  SQLITE_FULL: 'storage_full',
  // The disk is full, and the log's shared memory cannot grow.
  SQLITE_IOERR_SHMSIZE: 'storage_full',
  SQLITE_BUSY: 'unavailable',
  '53100': 'storage_full',
  // PostgreSQL: too many connections, shutting down, starting up, cannot connect; a statement, lock or transaction took too long.
  '53300': 'unavailable',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '57014': 'unavailable',
  '55P03': 'unavailable',
  '25P03': 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ENOTFOUND: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'unavailable',
}

/** What the client is told about an error, wherever it arose. */
function toRefusal(error: unknown, route = ''): Refusal {
  if (error instanceof Refusal) return error
  if (!isFastifyError(error)) {
    return new Refusal((error instanceof Error && codeOf(error)) || 'internal_error')
  }
  if (error.validation) {
    if (error.validationContext === 'params') return notFound(thingAt(route))
    const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'body')
    const errors = describeFaults(part, error.validation)
    return new Refusal('validation_failed', { errors, ...operationOf(errors) })
  }
  const code = isUntrusted(error) ? 'unavailable' : (codes[error.code] ?? codeOf(error))
  if (code !== undefined) return new Refusal(code)
  return new Refusal(error.statusCode === 400 ? 'malformed_request' : 'internal_error')
}

/** What the parameter of a route names: an id that can be none is answered as one that never was. */
function thingAt(route: string): string {
  if (route.startsWith('/api/account/sessions/')) return 'Session'
  if (route.startsWith('/api/account/tokens/')) return 'API token'
  return route.startsWith('/api/changes/') ? 'Change' : 'Task'
}

/** A fault in one operation of a batch tells which one it is, as every refusal of an operation does. */
function operationOf([first]: readonly Fault[]): Pick<RefusalDetails, 'members'> {
  const index = /^\/body\/operations\/(\d+)/.exec(first?.path ?? '')?.[1]
  return index === undefined ? {} : { members: { index: Number(index) } }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('code' in error || 'statusCode' in error || 'validation' in error)
}
