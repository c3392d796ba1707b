import { contract } from '@taskwell/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'

const paths = collectPaths()

/** What Better Auth's own routes are asked with. */
export const nativeMethods = 'GET, OPTIONS, POST'
const pageMethods = 'GET, HEAD, OPTIONS'
const formMethods = 'GET, HEAD, OPTIONS, POST'
const allMethods = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'

/** Answers what no route took: 405 with the methods that there are, or 404. */
export function refuseUnrouted(request: FastifyRequest, reply: FastifyReply): void {
  const allowed = allowedMethods(request)
  if (allowed === undefined && !['TRACE', 'CONNECT'].includes(request.method)) {
    throw new Refusal('not_found', { detail: 'There is no such address. /api/docs lists those there are.' })
  }
  const allow = allowed ?? allMethods
  if (request.method !== 'OPTIONS') {
    throw methodNotAllowed(allow)
  }
  reply.code(204).header('allow', allow).send()
}

/** An address such as `/api/tasks/batch` is no id, whatever the method: it answers to its own ones only. */
export function refuseForeignMethod(request: FastifyRequest): void {
  const allow = allowedMethods(request)
  if (allow !== undefined && !allow.split(', ').includes(request.method)) throw methodNotAllowed(allow)
}

/** The methods that an address knows, as the header `Allow` lists them; undefined when nothing is there. */
export function allowedMethods({ url, server }: FastifyRequest): string | undefined {
  const path = (url.split('?')[0] ?? '').replace(/(.)\/$/, '$1')
  if (path === '*') return allMethods
  const known = paths.find(({ pattern }) => pattern.test(path))?.allow
  if (known !== undefined) return known
  if (path.startsWith('/api/auth/')) return nativeMethods
  // What looks like a pattern would be taken for one.
  const isPage = /^[\w./-]+$/.test(path) && server.hasRoute({ url: path, method: 'GET' })
  if (!isPage) return undefined
  return server.hasRoute({ url: path, method: 'POST' }) ? formMethods : pageMethods
}

function methodNotAllowed(allow: string): Refusal {
  return new Refusal('method_not_allowed', { detail: `Allowed here: ${allow}.`, headers: { allow } })
}

function collectPaths(): { pattern: RegExp; allow: string }[] {
  const methods = new Map<string, string[]>()
  for (const { method, path } of Object.values(contract)) methods.set(path, [...(methods.get(path) ?? []), method])
  // An address of its own goes before one with a parameter in that place: `/api/tasks/batch`, `/api/tasks/:id`.
  const exactFirst = [...methods].toSorted(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
  return exactFirst.map(([path, known]) => ({
    pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`),
    allow: [...(known.includes('GET') ? ['HEAD'] : []), ...known, 'OPTIONS'].sort().join(', '),
  }))
}
