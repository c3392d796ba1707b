import type { FastifyInstance, FastifyReply } from 'fastify'
import { Refusal } from '../errors.ts'
import { visitOf } from './mount.ts'
import type { Visit } from '../verb.ts'

export interface NativeRequest {
  readonly method: string
  readonly url: string
  readonly body?: Uint8Array<ArrayBuffer>
}

/** Answers a request of Better Auth's own clients. */
export type AnswerNative = (visit: Visit, request: NativeRequest) => Promise<Response>

/** Mounts Better Auth's own routes beside ours. They speak its format; bodies pass through as they came. */
export function mountNative(app: FastifyInstance, answer: AnswerNative): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    scope.route<{ Params: { '*': string } }>({
      method: ['GET', 'POST'],
      url: '/api/auth/*',
      handler: async (request, reply) => {
        const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : ''
        const path = request.params['*'].split('/').map(encodeURIComponent).join('/')
        const body = Buffer.isBuffer(request.body) ? { body: new Uint8Array(request.body) } : {}
        const response = await answer(visitOf(request), {
          method: request.method,
          url: `/api/auth/${path}${query}`,
          ...body,
        })
        return pass(response, reply)
      },
    })
  })
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
