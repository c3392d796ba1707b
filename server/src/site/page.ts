import type { FastifyReply } from 'fastify'
import { html, type Html } from '../html.ts'

export interface Page {
  readonly title: string
  readonly body: Html
  readonly status?: 200 | 400 | 422
}

const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Sends a small page that works without any script. */
export function sendPage(reply: FastifyReply, { title, body, status = 200 }: Page): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-security-policy': policy,
      // Its address holds a secret, which is told to nobody. With `no-referrer` browsers would also hide the origin of
      // its form, which the cross-site rule asks for.
      'referrer-policy': 'strict-origin',
    })
    .type('text/html; charset=utf-8')
    .send(layOut(title, body).html)
}

function layOut(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} – Taskwell</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
          <p><a href="/">Open Taskwell</a></p>
        </main>
      </body>
    </html> `
}
