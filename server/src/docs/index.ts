import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { etagOf, isUnchanged } from '../etags.ts'

/** Made beforehand, by `npm run openapi`: to describe the API takes longer than others may be kept waiting. */
const document = join(import.meta.dirname, '../../../docs/openapi.json')

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taskwell API</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`

const script = "SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null })\n"

/** Serves the OpenAPI document and a page to read and try it, all from our own files. */
export function mountDocs(app: FastifyInstance): void {
  serve(app, '/api/openapi.json', { type: 'application/json', read: () => readFile(document) })
  const ofPage = { 'content-security-policy': policy }
  serve(app, '/api/docs', { type: 'text/html', headers: ofPage, read: () => page })
  serve(app, '/api/docs/start.js', { type: 'text/javascript', headers: ofPage, read: () => script })
  for (const [name, type] of [
    ['swagger-ui.css', 'text/css'],
    ['swagger-ui-bundle.js', 'text/javascript'],
  ] as const) {
    serve(app, `/api/docs/${name}`, { type, headers: ofPage, read: () => readAsset(name) })
  }
}

interface File {
  readonly type: string
  readonly headers?: Readonly<Record<string, string>>
  readonly read: () => string | Promise<Buffer>
}

/** Read with the first request, and kept as bytes: to write a long text takes the time of a hundred other replies. */
function serve(app: FastifyInstance, path: string, { type, headers, read }: File): void {
  const content = once(async () => {
    const bytes = Buffer.from(await read())
    return { bytes, etag: etagOf(bytes) }
  })
  app.get(path, async (request, reply) => {
    const { bytes, etag } = await content()
    reply.headers({ ...headers, 'cache-control': 'public, no-cache', etag })
    if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.type(`${type}; charset=utf-8`).send(bytes)
  })
}

/** Describes the API anew, as an OpenAPI 3.1 document. What does it is loaded only then. */
export async function printApi(): Promise<string> {
  const { describeApi } = await import('./describe-api.ts')
  return `${JSON.stringify(await describeApi(), null, 2)}\n`
}

function readAsset(name: string): Promise<Buffer> {
  return readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`))
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      // The next one who asks may have more luck.
      made = undefined
      throw error
    })
    return made
  }
}
