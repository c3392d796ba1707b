import { type ErrorCode, errorCodes } from '@taskwell/api'

/** One fault of a request: `path` is a JSON Pointer such as `/body/title`. */
export interface Fault {
  readonly path: string
  readonly message: string
}

export interface RefusalDetails {
  /** What to do about it, in plain words. */
  readonly detail?: string
  readonly errors?: readonly Fault[]
  /** Further members of the problem, such as `current`. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that is refused, with the code that the client sees. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly details: RefusalDetails

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(details.detail ?? errorCodes[code].title)
    this.code = code
    this.details = details
  }
}

/** The thing is not there, or not the caller's: nobody can tell which. */
export function notFound(what: string): Refusal {
  return new Refusal('not_found', { detail: `${what} not found. Check the address; it may have been deleted.` })
}

/** The account was deleted while the request was under way. */
export function accountGone(): Refusal {
  return new Refusal('unauthenticated')
}

/** A value that the schema allows and the rules do not. */
export function invalid(path: string, message: string): Refusal {
  return new Refusal('validation_failed', { errors: [{ path, message }] })
}
