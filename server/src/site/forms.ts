import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Reads what HTML forms send, in this scope only. */
export function acceptForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )
}

/** A field of the form that was sent; empty when it is missing. */
export function readField({ body }: FastifyRequest, name: string): string {
  return body instanceof URLSearchParams ? (body.get(name) ?? '') : ''
}

/** The token in the address of the page; empty when there is none. */
export function readToken({ query }: FastifyRequest): string {
  return typeof query === 'object' && query !== null && 'token' in query && typeof query.token === 'string'
    ? query.token
    : ''
}
