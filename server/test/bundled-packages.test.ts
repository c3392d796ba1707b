import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { cleanUp, newFolder, startServer } from './run-program.ts'
import { findBundle, hashInstalled } from '../src/bundled-packages.ts'

afterEach(cleanUp)

test('a start reads a few files instead of all those of the packages', async () => {
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) })`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(program)}`
  const server = await startServer({ DATA_DIR: newFolder(), NODE_OPTIONS })
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  const { stderr } = await server.stop()
  const files = stderr.split('\n').filter((url) => url.includes('/node_modules/'))
  const fromBundle = files.filter((url) => url.includes('/node_modules/.cache/packages/'))
  expect(fromBundle.length).toBeGreaterThan(0)
  expect(fromBundle.length).toBeLessThan(60)
  const others = files.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? '')
  // These have machine code in them.
  expect(others.filter((name) => !/^(\.cache|better-sqlite3|@node-rs\/argon2.*)$/.test(name))).toEqual([])
})

test('a bundle that was made from other packages is not used', () => {
  const modules = mkdtempSync(join(tmpdir(), 'taskwell-modules-'))
  try {
    expect(findBundle(modules)).toBeUndefined()
    writeFileSync(join(modules, '.package-lock.json'), '{}')
    mkdirSync(join(modules, '.cache/packages'), { recursive: true })
    const content = { madeFrom: hashInstalled(modules), files: { fastify: 'fastify.mjs' } }
    writeFileSync(join(modules, '.cache/packages/content.json'), JSON.stringify(content))
    expect(findBundle(modules)).toEqual(content)
    writeFileSync(join(modules, '.package-lock.json'), '{ "packages": {} }')
    expect(findBundle(modules)).toBeUndefined()
  } finally {
    rmSync(modules, { recursive: true })
  }
})
