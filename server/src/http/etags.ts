import { createHash } from 'node:crypto'

/** Whether `If-None-Match` names the tag (RFC 9110, weak comparison). */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** A task's tag: changes with every version of it. */
export function taskEtag(version: number): string {
  return `"v${version}"`
}

/** The tag of a reply that is a function of these parts. */
export function etagOf(...parts: readonly (string | number)[]): string {
  return `"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}"`
}
