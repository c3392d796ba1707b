import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { randomUUID } from 'node:crypto'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { ErrorCode } from '@taskwell/api'
import { Refusal } from '../errors.ts'
import { createAjv } from './formats.ts'
import { countPieces } from './count-pieces.ts'
import { answerPreflight, exposeHeaders, varyByOrigin } from './cors.ts'
import { isAllowedSite } from './cross-site.ts'
import type { Traces } from '../traces/index.ts'
import { tellLimits } from './limit-requests.ts'
import { logRequest } from './log-request.ts'
import { shedLoad } from './shed-load.ts'
import { refuseUnrouted } from './methods.ts'
import { paceReplies } from './pace-replies.ts'
import { acceptJson } from './parse-json.ts'
import { problemType, sendProblem, toProblem } from './problems.ts'

export interface HttpOptions {
  readonly baseUrl: string
  readonly corsOrigins: readonly string[]
  readonly trustProxy: readonly string[]
  readonly traces: Traces | undefined
  readonly log: Logger
  /** Already listening: its port is part of what the program tells of itself. */
  readonly server: Server
}

const largestBody = 256 * 1024
const longestUrl = 8 * 1024
const largestHeaders = 16 * 1024

/** A Fastify that speaks HTTP as the contract says, before any endpoint is mounted. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const allowedOrigins = new Set([options.baseUrl, ...options.corsOrigins].map((origin) => origin.toLowerCase()))
  const app = fastify({
    loggerInstance: baseLogger(options.log),
    logController: new LogController({ disableRequestLogging: true }),
    // Lines name their request themselves.
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    bodyLimit: largestBody,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: longestUrl },
    rewriteUrl: ({ url = '/', headers }) => toPath(url, headers.host),
    frameworkErrors: (error, request, reply) => {
      // No hook runs for what the router cannot even read.
      reply.headers(securityHeaders).header('x-request-id', request.id)
      sendProblem(error, request, reply)
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error.code, socket),
    serverFactory: () => options.server,
    exposeHeadRoutes: true,
    // While the program stops, requests on open connections are still served.
    return503OnClosing: false,
  })
  options.traces?.follow(app)
  const ajv = createAjv()
  app.setValidatorCompiler(({ schema }) => ajv.compile(schema))
  app.setErrorHandler(sendProblem)
  countPieces(app)
  acceptJson(app)
  refuseTunnels(options.server)
  const isSecure = options.baseUrl.startsWith('https:')
  // Hooks that wait for nothing go on by `done`: it costs less than a promise.
  app.addHook('onRequest', (request, reply, done) => {
    if (isSecure) reply.header('strict-transport-security', 'max-age=31536000')
    reply.headers(securityHeaders).header('x-request-id', request.id)
    refuseMalformed(request)
    exposeHeaders(request, reply, allowedOrigins)
    if (answerPreflight(request, reply, allowedOrigins)) return
    // Before anything is read of the body.
    if (request.is404) return refuseUnrouted(request, reply)
    if (changesSomething(request) && !isAllowedSite(request.headers, allowedOrigins)) {
      throw new Refusal('origin_not_allowed', {
        detail: 'Add the origin of the page to CORS_ORIGINS, or use a bearer token.',
      })
    }
    done()
  })
  shedLoad(app)
  tellLimits(app)
  app.addHook('onSend', (request, reply, payload, done) => {
    varyByOrigin(request, reply)
    done(null, payload)
  })
  paceReplies(app)
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply)
    done()
  })
  return app
}

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Fastify's logger type is a narrower view of pino's. */
function baseLogger(log: Logger): FastifyBaseLogger {
  return log as FastifyBaseLogger
}

/** Node lets through some requests that mean different things to different readers: none of them is served. */
function refuseMalformed({ raw }: FastifyRequest): void {
  const { rawHeaders } = raw
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && isHost(rawHeaders[index - 1]))
  const isHostless = raw.httpVersion === '1.0' && hosts.length === 0
  if (!['1.0', '1.1'].includes(raw.httpVersion)) throw new Refusal('malformed_request', { detail: 'Speak HTTP/1.1.' })
  if (!isHostless && (hosts.length !== 1 || !hosts.every((host) => validHost.test(host)))) {
    throw new Refusal('malformed_request', { detail: 'Send one Host header that names a host.' })
  }
  if (raw.url === foreignTarget) throw new Refusal('malformed_request', { detail: 'The address names another host.' })
  if ((raw.url ?? '').length > longestUrl) throw new Refusal('uri_too_long')
  if (raw.rawHeaders.reduce((size, text) => size + text.length, 0) > largestHeaders)
    throw new Refusal('headers_too_large')
  if (raw.headers.expect !== undefined && raw.headers.expect.toLowerCase() !== '100-continue') {
    throw new Refusal('malformed_request', { detail: 'The only expectation that is understood is 100-continue.' })
  }
}

function isHost(name: string | undefined): boolean {
  return name?.length === 4 && name.toLowerCase() === 'host'
}

// The characters of `uri-host [ ":" port ]` (RFC 3986, section 3.2).
const validHost = /^[\w.~%!$&'()*+,;=:[\]-]+$/
const foreignTarget = '/ '

/** An absolute-form target counts as its path when it names the host that the request is for. */
function toPath(url: string, host: string | undefined): string {
  if (url.startsWith('/') || url === '*') return url
  const target = URL.parse(url)
  return target && target.host === host?.toLowerCase() ? target.pathname + target.search : foreignTarget
}

function changesSomething({ method, headers }: FastifyRequest): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false
  return !/^bearer /i.test(headers.authorization ?? '')
}

/** Node hands over CONNECT as a bare connection. */
function refuseTunnels(server: Server): void {
  server.on('connect', (_, socket) => answerByHand(new Refusal('method_not_allowed'), socket))
}

const codesOfParser: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Node could not even read the request. */
function answerUnreadable(errorCode: string | undefined, socket: Socket): void {
  if (errorCode === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  answerByHand(new Refusal(codesOfParser[errorCode ?? ''] ?? 'malformed_request'), socket)
}

/** Writes a whole reply to a connection for which there is no other way. */
function answerByHand(refusal: Refusal, socket: Duplex): void {
  const problem = toProblem(refusal, randomUUID())
  const body = JSON.stringify(problem)
  const length = Buffer.byteLength(body)
  const headers = { ...securityHeaders, 'content-type': problemType, 'content-length': length, connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}
