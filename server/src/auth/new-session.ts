import { AsyncLocalStorage } from 'node:async_hooks'
import type { Session } from '@taskwell/api'

interface Made {
  session: Session | undefined
}

const made = new AsyncLocalStorage<Made>()

/** Better Auth's session, with what the contract tells of it. */
interface NewSession {
  readonly id: string
  readonly createdAt: Date | string
  readonly expiresAt: Date | string
}

/**
 * Answers the session that Better Auth made during the work, if any. Its reply does not name it, and reading it back
 * would find nothing once another sign-in has ended it as one too many.
 */
export async function withNewSession<T>(work: () => Promise<T>): Promise<{ result: T; session: Session | undefined }> {
  const place: Made = { session: undefined }
  const result = await made.run(place, work)
  return { result, session: place.session }
}

/** Tells of a session that was made, to whoever does so within `withNewSession`. */
export function noteNewSession({ id, createdAt, expiresAt }: NewSession): void {
  const place = made.getStore()
  if (place) place.session = { id, createdAt: toInstant(createdAt), expiresAt: toInstant(expiresAt) }
}

function toInstant(value: Date | string): string {
  return new Date(value).toISOString()
}
