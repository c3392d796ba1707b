import { html, type Html } from '../html.ts'

/** A message to one person. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What a mail says: paragraphs, and at most one link between what comes before and after it. */
export interface Letter {
  readonly to: string
  readonly subject: string
  readonly before: readonly string[]
  readonly link?: { readonly label: string; readonly url: string }
  readonly after: readonly string[]
}

/** Writes a letter as text and as HTML. */
export function composeMail({ to, subject, before, link, after }: Letter): Mail {
  const lines = [...before, ...(link ? [link.url] : []), ...after]
  const body = [
    ...before.map(paragraph),
    ...(link ? [html`<p><a href="${link.url}">${link.label}</a></p>`, html`<p>${link.url}</p>`] : []),
    ...after.map(paragraph),
  ]
  return { to, subject, text: `${lines.join('\n\n')}\n`, html: page(subject, body) }
}

function paragraph(text: string): Html {
  return html`<p>${text}</p> `
}

function page(title: string, body: readonly Html[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
      </head>
      <body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
        ${body}
      </body>
    </html> `.html
}
