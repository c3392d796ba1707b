import { hash } from 'node:crypto'

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

/** The tag of a reply that is a function of these, or has these bytes. */
export function etagOf(dependencies: string | Buffer): string {
  return `"${hash('sha256', dependencies, 'base64url').slice(0, 22)}"`
}
