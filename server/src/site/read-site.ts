import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** A file of the built web app. */
export interface SiteFile {
  readonly path: string
  readonly type: string
  readonly etag: string
  /** Whether its name changes with its content. */
  readonly isHashed: boolean
  /** Which precompressed forms lie beside it, best first. */
  readonly encodings: readonly Encoding[]
}

export type Encoding = 'br' | 'gzip'

export const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' }

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}

/** The files of a built web app by their path on the site, such as `/assets/main-B2x.js`; none when it was not built. */
export function readSite(folder: string): Map<string, SiteFile> {
  if (!existsSync(folder)) return new Map()
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const present = new Set(names)
  const files = names.flatMap((name) => {
    const type = types[extname(name)]
    if (type === undefined) return []
    const path = join(folder, name)
    const encodings = (['br', 'gzip'] as const).filter((encoding) => present.has(name + suffixes[encoding]))
    const etag = createHash('sha256').update(readFileSync(path)).digest('base64url').slice(0, 27)
    return [[`/${name}`, { path, type, etag, encodings, isHashed: name.startsWith('assets/') }] as const]
  })
  return new Map(files)
}

/** A script in the build's own list. */
interface Part {
  readonly file: string
  readonly imports?: readonly string[]
}

/** The scripts that a part of the app, such as `src/account/settings-screen.tsx`, needs beside those of every page. */
export function readScripts(folder: string, source: string): string[] {
  const list = join(folder, 'build-manifest.json')
  if (!existsSync(list)) return []
  const parts = JSON.parse(readFileSync(list, 'utf8')) as Record<string, Part>
  const present = new Set(namesOf(parts, 'index.html'))
  return namesOf(parts, source).flatMap((name) => (present.has(name) ? [] : `/${parts[name]?.file}`))
}

function namesOf(parts: Readonly<Record<string, Part>>, first: string): string[] {
  const names = new Set([first])
  for (const name of names) for (const other of parts[name]?.imports ?? []) names.add(other)
  return [...names].filter((name) => parts[name] !== undefined)
}
