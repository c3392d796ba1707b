import { contract } from '@taskwell/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'

const paths = collectPaths()

/** Answers what no route took: 405 with the methods that there are, or 404. */
export function refuseUnrouted(request: FastifyRequest, reply: FastifyReply): void {
  const allowed = allowedMethods(request.url)
  if (allowed === undefined && !['TRACE', 'CONNECT'].includes(request.method)) {
    throw new Refusal('not_found', { detail: 'There is no such address. /api/docs lists those there are.' })
  }
  const allow = allowed ?? 'GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS'
  if (request.method !== 'OPTIONS') {
    throw methodNotAllowed(allow)
  }
  reply.code(204).header('allow', allow).send()
}

/** An address such as `/api/tasks/batch` is no id, whatever the method: it answers to its own ones only. */
export function refuseForeignMethod({ url, method }: FastifyRequest): void {
  const allow = allowedMethods(url)
  if (allow !== undefined && !allow.split(', ').includes(method)) throw methodNotAllowed(allow)
}

/** The methods that an address knows, as the header `Allow` lists them; undefined when nothing is there. */
export function allowedMethods(url: string): string | undefined {
  const path = (url.split('?')[0] ?? '').replace(/(.)\/$/, '$1')
  return paths.find(({ pattern }) => pattern.test(path))?.allow
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
