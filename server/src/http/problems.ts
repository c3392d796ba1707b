import { type ErrorCode, errorCodes, type Problem } from '@taskwell/api'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Fault, notFound, Refusal, type RefusalDetails } from '../errors.ts'
import { describeFaults } from './faults.ts'

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
  const refusal = toRefusal(error)
  if (refusal.code === 'internal_error') request.log.error({ err: error }, 'unexpected error')
  const { status } = errorCodes[refusal.code]
  if (status === 503) reply.header('retry-after', '1')
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...refusal.details.headers })
    .type(problemType)
    .serializer(JSON.stringify)
    .send(toProblem(refusal, request.id))
}

const codesOfFastify: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_ASYNC_CONSTRAINT: 'malformed_request',
  SQLITE_FULL: 'storage_full',
  '53100': 'storage_full',
}

/** What the client is told about an error, wherever it arose. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (!isFastifyError(error)) return new Refusal('internal_error')
  if (error.validation) {
    if (error.validationContext === 'params') return notFound('Task')
    const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'body')
    const errors = describeFaults(part, error.validation)
    return new Refusal('validation_failed', { errors, ...operationOf(errors) })
  }
  const code = codesOfFastify[error.code]
  if (code !== undefined) return new Refusal(code)
  return new Refusal(error.statusCode === 400 ? 'malformed_request' : 'internal_error')
}

/** A fault in one operation of a batch tells which one it is, as every refusal of an operation does. */
function operationOf([first]: readonly Fault[]): Pick<RefusalDetails, 'members'> {
  const index = /^\/body\/operations\/(\d+)/.exec(first?.path ?? '')?.[1]
  return index === undefined ? {} : { members: { index: Number(index) } }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('code' in error || 'statusCode' in error || 'validation' in error)
}
