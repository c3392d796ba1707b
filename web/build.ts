import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const web = import.meta.dirname
const dist = join(web, 'dist')
const stamp = 'made-from.txt'

/** Builds the web app, unless what is there was made from the same sources. Builders at the same time do not disturb each other. */
export async function buildSite(): Promise<unknown> {
  // Whatever the environment says of the server or of tests, this is what users get.
  process.env['NODE_ENV'] = 'production'
  const sources = hashSources()
  if (existsSync(join(dist, stamp)) && readFileSync(join(dist, stamp), 'utf8') === sources) return
  const vite = await import('vite').catch(() => undefined)
  if (!vite) return process.stderr.write('The web app is not built, since its packages are not installed: run npm ci\n')
  const fresh = `${dist}-${process.pid}`
  const old = `${dist}-old-${process.pid}`
  try {
    await vite.build({
      configFile: join(web, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: fresh, emptyOutDir: true },
    })
    writeFileSync(join(fresh, stamp), sources)
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

function hashSources(): string {
  const patterns = ['{src,public}/**/*.*', '*.{html,json,ts}', '../api/src/**/*.ts', '../api/package.json']
  const hash = createHash('sha256')
  for (const name of globSync(patterns, { cwd: web }).sort()) {
    if (name.endsWith('.test.ts')) continue
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(web, name)))
      .update('\0')
  }
  return hash.digest('hex')
}

if (import.meta.main) await buildSite()
