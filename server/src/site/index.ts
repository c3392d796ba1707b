import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { securityTxt } from './security-txt.ts'

export { mountAccountPages } from './account-pages.ts'

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const files = [
  { url: '/', file: 'web/public/index.html', type: 'text/html; charset=utf-8' },
  { url: '/style.css', file: 'web/public/style.css', type: 'text/css; charset=utf-8' },
]

/** Serves the start page, and word of where to report a weakness. */
export function mountSite(app: FastifyInstance, { baseUrl, now }: { baseUrl: string; now: () => Date }): void {
  for (const { url, file, type } of files) {
    const content = readFileSync(new URL(`../../../${file}`, import.meta.url))
    app.get(url, async (_, reply) =>
      reply
        .headers({ 'content-security-policy': policy, 'cache-control': 'public, no-cache' })
        .type(type)
        .send(content),
    )
  }
  app.get('/.well-known/security.txt', async (_, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .header('cache-control', 'public, no-cache')
      .send(securityTxt(baseUrl, now())),
  )
}
