import fastify from 'fastify'
import { expect, test } from 'vitest'
import { mountDocs } from './index.ts'

test.each([
  ['/api/openapi.json', 'application/json; charset=utf-8'],
  ['/api/docs', 'text/html; charset=utf-8'],
  ['/api/docs/start.js', 'text/javascript; charset=utf-8'],
  ['/api/docs/swagger-ui.css', 'text/css; charset=utf-8'],
  ['/api/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
])('%s is sent once, and after that only word that it is the same', async (url, type) => {
  const app = fastify()
  mountDocs(app)
  const first = await app.inject(url)
  expect(first).toMatchObject({ statusCode: 200, headers: { 'content-type': type } })
  expect(first.body.length).toBeGreaterThan(100)
  const again = await app.inject({ url, headers: { 'if-none-match': String(first.headers.etag) } })
  expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag: first.headers.etag } })
  await app.close()
})
