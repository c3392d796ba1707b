import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FastifyInstance } from 'fastify'

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taskwell API</title>
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
  const document = once(printApi)
  app.get('/api/openapi.json', async (_, reply) =>
    reply
      .header('cache-control', 'public, no-cache')
      .type('application/json; charset=utf-8')
      .send(await document()),
  )
  const assets = [
    { path: '', type: 'text/html', read: () => page },
    { path: '/start.js', type: 'text/javascript', read: () => script },
    { path: '/swagger-ui.css', type: 'text/css', read: () => readAsset('swagger-ui.css') },
    { path: '/swagger-ui-bundle.js', type: 'text/javascript', read: () => readAsset('swagger-ui-bundle.js') },
  ]
  for (const { path, type, read } of assets) {
    app.get(`/api/docs${path}`, async (_, reply) =>
      reply
        .headers({ 'content-security-policy': policy, 'cache-control': 'public, no-cache' })
        .type(`${type}; charset=utf-8`)
        .send(read()),
    )
  }
}

/** The OpenAPI 3.1 document as text. What makes it is loaded only when somebody asks. */
export async function printApi(): Promise<string> {
  const { describeApi } = await import('./describe-api.ts')
  return `${JSON.stringify(await describeApi(), null, 2)}\n`
}

function readAsset(name: string): Buffer {
  return readFileSync(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`))
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
