import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFolder, findBundle, hashInstalled } from './src/bundled-packages.ts'

/** What a start imports of packages. The rest is loaded as it is: what has machine code in it, and what few need. */
const names = [
  '@fastify/under-pressure',
  'ajv',
  'better-auth',
  'better-auth/api',
  'better-auth/crypto',
  'better-auth/plugins/bearer',
  'better-auth/plugins/two-factor',
  'fastify',
  'kysely',
  'pino',
  'socket.io',
  'temporal-polyfill',
  'typebox',
  'uuid',
]

/** Packages that those import, too, and that there must be once only, or that may be missing. */
const apart = ['@opentelemetry/api', 'better-sqlite3', 'bufferutil', 'utf-8-validate']

/** Makes a few files of the packages that a start needs, unless those that are there were made from the same packages. */
export async function bundlePackages(): Promise<void> {
  if (Object.keys(findBundle()?.files ?? {}).join() === names.join()) return
  // Only the web app's builder needs it, so it may be missing.
  const tool = await import('rolldown').catch(() => undefined)
  if (!tool) return
  const fresh = `${bundleFolder}-${process.pid}`
  const old = `${bundleFolder}-old-${process.pid}`
  const sources = new Map<string, string>()
  for (const [at, name] of names.entries()) sources.set(`entry-${at}`, await reexport(name))
  try {
    await tool.build({
      cwd: import.meta.dirname,
      input: [...sources.keys()],
      external: apart,
      platform: 'node',
      logLevel: 'silent',
      plugins: [
        {
          name: 'entries',
          resolveId: (id) => (sources.has(id) ? join(import.meta.dirname, id) : null),
          load: (id) => sources.get(id.slice(import.meta.dirname.length + 1)),
        },
      ],
      output: { dir: fresh, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    })
    const files = Object.fromEntries(names.map((name, at) => [name, `entry-${at}.mjs`]))
    writeFileSync(join(fresh, 'content.json'), JSON.stringify({ madeFrom: hashInstalled(), files }))
    if (existsSync(bundleFolder)) renameSync(bundleFolder, old)
    renameSync(fresh, bundleFolder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

/** A module that exports what Node finds in a package, be it an ES module or not. */
async function reexport(name: string): Promise<string> {
  const exported = Object.keys(await import(name))
  const from = JSON.stringify(name)
  if (!exported.includes('module.exports')) {
    return `export * from ${from}\n${exported.includes('default') ? `export { default } from ${from}` : ''}`
  }
  const members = exported.filter((member) => !['default', 'module.exports', '__esModule'].includes(member))
  return `import all from ${from}\nexport default all\nexport const { ${members.join()} } = all`
}

if (import.meta.main) await bundlePackages()
