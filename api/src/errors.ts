import { type Static, Type } from 'typebox'

/** Every refusal the API knows, with its HTTP status and a title in plain words. */
export const errorCodes = {
  malformed_request: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  invalid_credentials: { status: 401, title: 'The e-mail address or the password is wrong' },
  two_factor_required: { status: 401, title: 'A code of the second factor is needed' },
  origin_not_allowed: { status: 403, title: 'Requests from this origin are not allowed' },
  email_not_verified: { status: 403, title: 'Confirm the e-mail address first' },
  registration_closed: { status: 403, title: 'Registration is closed here' },
  token_scope: { status: 403, title: 'This token is not allowed to do that' },
  quota_exceeded: { status: 403, title: 'The limit of this account is reached' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This address does not know that method' },
  not_acceptable: { status: 406, title: 'The reply is JSON, which the request does not accept' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'This contradicts what is there' },
  email_taken: { status: 409, title: 'There is an account with this e-mail address' },
  request_in_progress: { status: 409, title: 'The same request is still being worked on' },
  resync_required: { status: 410, title: 'The changes since then are gone: read everything again' },
  precondition_failed: { status: 412, title: 'It was changed since it was read' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  validation_failed: { status: 422, title: 'Some of what was sent is not valid' },
  idempotency_key_reused: { status: 422, title: 'This idempotency key belongs to another request' },
  rate_limited: { status: 429, title: 'Too many requests: wait a moment' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Not available at the moment: try again' },
  overloaded: { status: 503, title: 'Too much to do at the moment: try again' },
  storage_full: { status: 507, title: 'The disk is full' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof errorCodes

/** Every error reply: problem details for HTTP APIs (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: '`urn:taskwell:problem:` and the code' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'One of the codes of the contract; more may come' }),
    detail: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'JSON Pointer to the part at fault, such as `/body/title`' }),
          message: Type.String(),
        }),
      ),
    ),
    requestId: Type.String(),
  },
  { additionalProperties: true },
)
export type Problem = Static<typeof Problem>
