import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { invalid, Refusal } from '../errors.ts'
import { findRepeatedMember } from './repeated-members.ts'

const deepest = 32
const decoder = new TextDecoder('utf-8', { fatal: true })

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came. */
    bodyBytes: Buffer | null
  }
}

/** Reads bodies as JSON in UTF-8, and refuses every other kind. An empty body is no body. */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.decorateRequest('bodyBytes', null)
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncodings(request.headers)
      request.bodyBytes = Buffer.from(body)
      done(null, parseJson(request.bodyBytes))
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

function refuseEncodings(headers: IncomingHttpHeaders): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1]
  const encoding = headers['content-encoding']
  if (charset && !/^utf-?8$/i.test(charset))
    throw new Refusal('unsupported_media_type', { detail: 'Send the JSON in UTF-8.' })
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new Refusal('unsupported_media_type', { detail: 'Send the body without Content-Encoding.' })
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  let text: string
  let value: unknown
  try {
    text = decoder.decode(body)
    value = JSON.parse(text)
  } catch {
    throw new Refusal('malformed_request', { detail: 'The body is not JSON in UTF-8.' })
  }
  if (isDeeperThan(deepest, value)) {
    throw new Refusal('malformed_request', { detail: `The JSON is nested more than ${deepest} levels deep.` })
  }
  const repeated = findRepeatedMember(text)
  if (repeated !== undefined) throw invalid(`/body${repeated}`, 'must not be there twice')
  return value
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((member) => isDeeperThan(levels - 1, member))
}
