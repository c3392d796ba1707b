import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound, Refusal } from '../errors.ts'
import type { Meter } from '../limits/index.ts'
import { meterOf } from './limit-requests.ts'
import { allowedMethods, nativeMethods, refuseUnrouted } from './methods.ts'
import { visitOf } from './mount.ts'
import type { Visit } from '../verb.ts'

export interface NativeRequest {
  readonly method: string
  /** As Better Auth knows it, such as `/sign-in/email`: whatever it was spelled like. */
  readonly path: string
  /** Empty, or with its question mark. */
  readonly query: string
  readonly body?: Uint8Array<ArrayBuffer>
}

/** Answers the requests of Better Auth's own clients. */
export interface NativeRoutes {
  /** Refuses who asks for too much, before the body is read. Answers the cookies of a session that was prolonged. */
  admit(meter: Meter, visit: Visit, request: NativeRequest): Promise<readonly string[]>
  answer(meter: Meter, visit: Visit, request: NativeRequest): Promise<Response>
}

/** Mounts Better Auth's own routes beside ours. They speak its format; bodies pass through as they came. */
export function mountNative(app: FastifyInstance, routes: NativeRoutes): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    scope.route<{ Params: { '*': string } }>({
      method: ['GET', 'POST'],
      url: '/api/auth/*',
      onRequest: async (request, reply) => {
        if (allowedMethods(request) !== nativeMethods) {
          refuseUnrouted(request, reply)
          return reply
        }
        const cookies = await routes.admit(meterOf(request), visitOf(request), toNative(request))
        if (cookies.length > 0) reply.header('set-cookie', [...cookies])
      },
      handler: async (request, reply) => {
        const response = await routes.answer(meterOf(request), visitOf(request), toNative(request))
        return pass(response, reply)
      },
    })
  })
}

function toNative(request: FastifyRequest<{ Params: { '*': string } }>): NativeRequest {
  const { method, url, params, body } = request
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
  return {
    method,
    path: nativePath(params['*']),
    query,
    ...(Buffer.isBuffer(body) ? { body: new Uint8Array(body) } : {}),
  }
}

/** One spelling for each route: what a URL parser would resolve or drop is no address here. */
function nativePath(decoded: string): string {
  const segments = decoded.replace(/\/$/, '').split('/')
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) throw notFound('Route')
  return `/${segments.map(encodeURIComponent).join('/')}`
}

async function pass(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const body = Buffer.from(await response.arrayBuffer())
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  if (response.status === 404 && !isJson) throw new Refusal('not_found', { detail: 'There is no such address.' })
  reply.code(response.status)
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie' && !name.startsWith('access-control-')) reply.header(name, value)
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  return reply.send(body)
}
