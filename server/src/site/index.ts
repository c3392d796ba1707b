import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../errors.ts'
import { isUnchanged } from '../etags.ts'
import { securityTxt } from './security-txt.ts'
import { type Encoding, readScripts, readSite, type SiteFile, suffixes } from './read-site.ts'

export { mountAccountPages } from './account-pages.ts'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types taskwell',
].join('; ')

/** Addresses inside the web app: each is answered with its one page, which shows the right screen. */
const screens = ['/', '/tasks', '/bin', '/dashboard', '/settings', '/sign-in', '/register', '/forgot-password']

/** What a screen needs beside the script of the page: the browser is told before that has come. */
const ownParts: Readonly<Record<string, string>> = { '/settings': 'src/account/settings-screen.tsx' }

const folder = new URL('../../../web/dist', import.meta.url).pathname

const unbuilt = `<!doctype html>
<html lang="en"><title>Taskwell</title>
<p>The web app has not been built: run <code>npm run build</code> and start the server again.
The API is there, see <a href="/api/docs">its documentation</a>.</p></html>
`

/**
 * Serves the built web app: hashed files for ever, the page and the rest asked for anew each time; and word of where to
 * report a weakness.
 */
export function mountSite(app: FastifyInstance, { baseUrl, now }: { baseUrl: string; now: () => Date }): void {
  const files = readSite(folder)
  const page = files.get('/index.html')
  for (const screen of screens) {
    const part = ownParts[screen]
    const scripts = part === undefined ? [] : readScripts(folder, part)
    const links = scripts.map((path) => `<${path}>; rel=modulepreload`).join(', ')
    app.get(screen, async (request, reply) => {
      if (links !== '') reply.header('link', links)
      if (page) return sendFile(request, reply, page)
      return reply.type('text/html; charset=utf-8').send(unbuilt)
    })
  }
  for (const [path, file] of files) {
    if (file !== page && !file.isHashed) app.get(path, async (request, reply) => sendFile(request, reply, file))
  }
  app.get<{ Params: { name: string } }>('/assets/:name', async (request, reply) => {
    const file = files.get(`/assets/${request.params.name}`)
    if (!file) throw notFound('file')
    return sendFile(request, reply, file)
  })
  app.get('/.well-known/security.txt', async (_, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .header('cache-control', 'public, no-cache')
      .send(securityTxt(baseUrl, now())),
  )
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: SiteFile): Promise<FastifyReply> {
  const encoding = file.encodings.find((encoding) => accepts(request.headers['accept-encoding'], encoding))
  const etag = `"${file.etag}${encoding === undefined ? '' : `-${encoding}`}"`
  reply.headers({
    'content-security-policy': policy,
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'public, no-cache',
    vary: 'Accept-Encoding',
    etag,
  })
  if (isUnchanged(request.headers['if-none-match'], etag)) return reply.status(304).send()
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  return reply.type(file.type).send(await readFile(file.path + (encoding === undefined ? '' : suffixes[encoding])))
}

/** Whether the client takes the encoding: named, or meant by `*`, and not with a weight of 0 (RFC 9110, 12.5.3). */
function accepts(header = '', encoding: Encoding): boolean {
  const offers = header.split(',').map((offer) => {
    const [name = '', ...parameters] = offer
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { name, isWanted: weight === undefined || Number(weight) > 0 }
  })
  const offer = offers.find(({ name }) => name === encoding) ?? offers.find(({ name }) => name === '*')
  return offer?.isWanted ?? false
}
