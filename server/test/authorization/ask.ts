import { randomBytes, randomUUID } from 'node:crypto'
import type { Endpoint } from '@taskwell/api'
import type { Reply, Requests } from '../requests-http.ts'
import type { Person } from './cast.ts'
import type { Call, Sort } from './matrix.ts'

/** Whose thing a request names: the asker's own, the other one's, or what is none. */
export type Meant = 'foreign' | 'deleted' | 'never' | 'wrong'

/** Puts something in place of the name, in every part of a request. */
export type Fill = (name: Sort) => string

/** What to put in the place of that sort; all other places name what is the asker's own. */
export function fillWith(sort: Sort, meant: Meant, { owner, asker }: { owner: Person; asker: Person }): Fill {
  return (name) => {
    // These two are the owner's own, whatever else the request names: they must not help anybody.
    if (name === 'version') return owner.things.version
    if (name !== sort) return name === 'key' ? owner.things.key : thingOf(asker, name)
    if (meant === 'foreign') return thingOf(owner, name)
    if (meant === 'deleted')
      return name === 'task' || name === 'session' || name === 'token' ? owner.things[name].deleted : ''
    return meant === 'never' ? neverWas(name) : ofWrongType(name)
  }
}

function thingOf({ things }: Person, name: Sort): string {
  switch (name) {
    case 'task':
    case 'session':
    case 'token':
      return things[name].own
    case 'revision':
    case 'version':
    case 'key':
      return things[name]
    default:
      return things.cursors[name]
  }
}

function neverWas(name: Sort): string {
  if (name === 'revision') return '999999999'
  return name === 'task' || name === 'session' || name === 'token' || name === 'key'
    ? randomUUID()
    : randomBytes(48).toString('base64url')
}

function ofWrongType(name: Sort): string {
  return name === 'key' ? 'x'.repeat(256) : '-1'
}

/** Sends a request of the operation, filled in. */
export function ask(
  requests: Requests,
  { method, path }: Pick<Endpoint, 'method' | 'path'>,
  { call = {}, fill, headers = {} }: { call?: Call | undefined; fill: Fill; headers?: Record<string, string> },
): Promise<Reply> {
  const put = (text: string) => text.replaceAll(/\$([a-z]+)/g, (_, name: Sort) => fill(name))
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => put(call.params?.[name] ?? randomUUID()))
  const hasBody = call.body !== undefined
  const own = Object.entries(call.headers ?? {}).map(([name, value]) => [name, put(value)])
  return requests.send({
    method,
    path: filled + put(call.query ?? ''),
    headers: { ...Object.fromEntries(own), ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    ...(hasBody && { body: put(JSON.stringify(call.body)) }),
  })
}

/** A reply without what differs between any two, such as the ids and times of what was made. */
export function withoutChance({ status, headers, text }: Reply): Reply {
  const { date: _, 'x-request-id': __, ...exact } = headers
  if (status >= 400) return { status, headers: exact, text: text.replace(/"requestId":"[^"]*"/, '') }
  // What another operation of the matrix created before is there already, and then nothing is written.
  const { 'content-length': ___, 'taskwell-write': ____, ...rest } = exact
  return { status, headers: JSON.parse(blur(JSON.stringify(rest))), text: blur(text) }
}

function blur(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/("(?:revision|taskwell-revision)":"?)\d+/g, '$1N')
}
