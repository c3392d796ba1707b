import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

export { mountAccountPages } from './account-pages.ts'

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const files = [
  { url: '/', file: 'web/public/index.html', type: 'text/html; charset=utf-8' },
  { url: '/style.css', file: 'web/public/style.css', type: 'text/css; charset=utf-8' },
]

/** Serves the start page. */
export function mountSite(app: FastifyInstance): void {
  for (const { url, file, type } of files) {
    const content = readFileSync(new URL(`../../../${file}`, import.meta.url))
    app.get(url, async (_, reply) =>
      reply
        .headers({ 'content-security-policy': policy, 'cache-control': 'public, no-cache' })
        .type(type)
        .send(content),
    )
  }
}
